import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelNeeds } from '#host/kernel';
import { check } from 'cidermill/step';

/** Answers whether kernel B needs modules before its buildroot is made: with build=needed that may be all there is to know. */
const { text, note } = await check();
const needs = kernelNeeds(kernelB());
if (text('build') === 'needed' && needs.patches.length === 0) {
  note(`${needs.lines[0] ?? ''}: none will be built`, {
    about: 'build',
    hint: 'build=always builds them anyway.',
  });
}

/** By the folder on this host, or else by what is known of the buildroot. */
function kernelB(): string {
  const folder = text('kernel-dir');
  const places = ['generated', 'linux'].map((part) => join(folder, `include/${part}/utsrelease.h`));
  const file = folder === '' ? undefined : places.find((path) => existsSync(path));
  const release = file === undefined ? undefined : readFileSync(file, 'utf8');
  return /^#define UTS_RELEASE "(.+)"$/m.exec(release ?? '')?.[1] ?? text('kernel');
}
