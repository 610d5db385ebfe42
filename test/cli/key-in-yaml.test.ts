import { expect, it } from 'vitest';
import { InvalidError } from '../../src/base/index.ts';
import { errorEvents } from '../../src/cli/errors/error-event.ts';
import { renderInvalid } from '../../src/cli/errors/errors.ts';
import { packageRoot } from '../../src/host/index.ts';
import { findProject, planNamed } from '../../src/recipe/index.ts';
import { testProject } from '../rig/project.ts';

/** 64 characters, like a guest's key, and none. */
const key = 'just-a-dummy-that-is-as-long-as-a-real-key-would-be-in-a-file!!!';

const pipeline = (step: string): string => `pipeline: a
summary: A
steps:
  p:
${step.replace(/^/gm, '    ')}
`;

/** Each has a fault in the line of the key, or in a line beside it. */
const places: Readonly<Record<string, string>> = {
  quoted: `recipe: probe\nwith: { osk: '${key}' }`,
  plain: `recipe: probe\nwith:\n  osk: ${key}`,
  'in a JSON map': `{ "recipe": "probe", "with": { "osk": "${key}" } }`,
  'in a block of text': `recipe: probe\nwith:\n  osk: |\n    ${key} &\n  osk: twice`,
  'below its name': `recipe: probe\nwith:\n  osk:\n    "${key.slice(0, 30)}\n    ${key.slice(30)}\n  next: *alias`,
  'in a list': `recipe: probe\nwith: { osk: [${key}] }`,
  'by a misspelt name': `recipe: probe\nwith: { ossk: ${key} }`,
  'by another name': `recipe: probe\nwith: { smc: "${key}" }`,
  'in a reference': `recipe: probe\nwith: { osk: '\${${key}}' }`,
  'as a recipe': `recipe: ${key}`,
  'in an alias': `recipe: probe\nwith: { osk: *${key} }`,
  'in a tag': `recipe: probe\nwith: { osk: !${key} x }`,
  'with what comes before it cut off': `recipe: probe\nwith: { ${'x'.repeat(150)}: 1, osk: ${key} }`,
};

function faultOf(step: string): InvalidError {
  const project = testProject({ 'pipelines/a.yaml': pipeline(step) });
  try {
    planNamed(findProject(project.root, packageRoot), 'a', {});
  } catch (error) {
    if (error instanceof InvalidError) return error;
    throw error;
  }
  throw new Error('it was planned');
}

/** Does a text show as much of the key as would help to know it? */
function shows(text: string): boolean {
  return Array.from({ length: key.length - 11 }, (_, at) => key.slice(at, at + 12)).some((part) =>
    text.includes(part),
  );
}

it.each(Object.entries(places))('a key %s is in no message, excerpt or event', (_, step) => {
  const fault = faultOf(step);
  const shown = renderInvalid(fault);
  expect(shown).toMatch(/^pipelines\/a\.yaml:\d+:\d+ /m);
  expect(shows(shown), shown).toBe(false);
  expect(shows(JSON.stringify(errorEvents(fault, 0)))).toBe(false);
});

it('a key in a file of a project is not printed by the command line, as text or as JSON', async () => {
  const project = testProject({ 'pipelines/a.yaml': pipeline(places['quoted'] ?? '') });
  for (const args of [
    ['plan', 'a'],
    ['run', 'a', '--json'],
  ]) {
    const { stdout, stderr } = await project.run(args);
    expect(stdout + stderr).toMatch(/pipelines\/a\.yaml/);
    expect(shows(stdout + stderr), stdout + stderr).toBe(false);
  }
});

it('a line with nothing secret in it is shown as it is', () => {
  const digest = 'ab'.repeat(32);
  const shown = renderInvalid(faultOf(`recipe: probe\nwith: { osk: cidermill-short, digest: ${digest} }`));
  expect(shown).toContain(`with: { osk: cidermill-short, digest: ${digest} }`);
});
