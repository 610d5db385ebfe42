import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import { chooseKmod, compareKernels, parseKernelVersion } from '#host/kernel';
import { step } from '#step';
import { completeSync, makeMissing, ownObjects } from './kvm/adapt.ts';
import { make, pathFree } from './kvm/build.ts';
import { readKernels } from './kvm/kernels.ts';
import { applyPatches } from './kvm/patches.ts';
import { preflight, publishModules } from './kvm/report.ts';

const here = await step();
const { $, sources, params } = here;
const { tree, linux, patches } = sources as Record<'tree' | 'linux' | 'patches', string>;

const kernels = await readKernels(here, linux);
const tag = params.text('tag');
const { adapted } = chooseKmod(tag, kernels.a, kernels.b);
const needs = await preflight(here, kernels);
if (needs !== undefined) await build(needs);

async function build(lines: readonly string[]): Promise<void> {
  await $`cp -r --no-preserve=ownership ${tree} kmod && cp -r --no-preserve=ownership ${linux} linux && chmod -R u+w kmod linux`;
  for (const name of ['configure', 'sync', 'Makefile']) {
    if (!existsSync(`kmod/${name}`))
      throw new Failure('no-kmod', `the source "tree" has no ${name}: it is not kvm-kmod's`);
  }
  const applied = await applyPatches(here, params.list('patches'), patches, 'linux', kernels.a);
  await readyPython('kmod/sync');
  const isOwn = ownObjects('kmod');
  const made = adapted ? makeMissing(readFileSync('kmod/sync', 'utf8'), 'linux') : [];
  // Without it `sync` asks git about A, and takes the next option for what it does not say.
  if (!existsSync('kmod/KVM_VERSION')) writeFileSync('kmod/KVM_VERSION', `${tag}\n`);

  const work = (await $`pwd`.quiet()).stdout.trim();
  await $`cd kmod && ./configure --kerneldir=${kernels.folder} && make sync LINUX=${work}/linux`;
  if (adapted) {
    const olderB = compareKernels(parseKernelVersion(kernels.b), parseKernelVersion(kernels.a)) < 0;
    await completeSync(here, kernels, { linux: 'linux', kmod: 'kmod', work }, isOwn, olderB);
  }
  await make(here, ['-C', 'kmod', ...pathFree(`${work}/kmod`)]);
  await publishModules(here, kernels, 'kmod/x86', [
    `by kvm-kmod at ${tag}${adapted ? ', adapted: empty in its tree ' + (made.join(', ') || 'nothing') : ''}`,
    ...applied,
    ...lines,
  ]);
}

/** `sync` is written in Python 2. Where there is none, 2to3 makes Python 3 of it. */
async function readyPython(sync: string): Promise<void> {
  const text = readFileSync(sync, 'utf8');
  if (!/^#!.*\bpython\s*$/m.test(text.split('\n')[0] ?? '')) return;
  const python2 = (await $`python2 -c 'import sys; print(sys.executable)'`.nothrow().quiet()).stdout.trim();
  // Python 2 takes a tab for eight columns, Python 3 takes it for a fault.
  const spaced = (await $`expand ${sync}`.quiet()).stdout.split('\n').slice(1).join('\n');
  if (python2 !== '') {
    writeFileSync(sync, `#!${python2}\n${spaced}`);
  } else {
    writeFileSync(sync, spaced);
    await $`python3 -W ignore -m lib2to3 --nobackups --write --no-diffs ${sync}`;
    writeFileSync(sync, `#!/usr/bin/env python3\nfile = open\n${readFileSync(sync, 'utf8')}`);
  }
  chmodSync(sync, 0o755);
}
