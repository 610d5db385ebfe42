import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { testProject, type TestProject } from '../rig/project.ts';
import { startServer } from '../sources/local-server.ts';

const server = await startServer();

function recipe(name: string, sources: Readonly<Record<string, string>>): string {
  const lines = Object.entries(sources).map(
    ([source, path]) => `  ${source}: { url: '${server.url}/${path}', unpack: false }\n`,
  );
  return `recipe: ${name}
summary: Something from a server
parameters:
  version: { type: integer, default: 1 }
sources:
${lines.join('')}environment: none
script: scripts/none.ts
outputs:
  out: out
`;
}

/** What the server has: path → content; all else is not there. */
function serve(files: Readonly<Record<string, string>>): void {
  server.answer((request, response) => {
    const content = files[(request.url ?? '').slice(1)];
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200).end(content);
  });
}

function locked(
  { root }: TestProject,
  source: string,
): readonly { readonly files: readonly { size: number }[] }[] {
  const text = readFileSync(join(root, 'recipes/lock.yaml'), 'utf8');
  const lock = parse(text) as { readonly sources: Record<string, ReturnType<typeof locked>> };
  return lock.sources[source] ?? [];
}

test('what a parameter chooses and is not locked is locked by the command that the hint names', async () => {
  const project = testProject({
    'recipes/apples.yaml': recipe('apples', { crate: 'crate-${version}' }),
    'scripts/none.ts': '',
  });
  serve({ 'crate-1': 'one', 'crate-2': 'second' });
  expect((await project.run(['lock', 'apples'])).code).toBe(0);
  const refused = await project.run(['plan', 'apples', '--set', 'version=2']);
  expect(refused.code).toBe(2);
  const command = /Run `cidermill ([^`]+)`/.exec(refused.stderr)?.[1];
  expect(command).toBe('lock apples --set version=2');
  expect((await project.run((command ?? '').split(' '))).code).toBe(0);
  expect((await project.run(['plan', 'apples', '--set', 'version=2'])).code).toBe(0);
});

test('what a parameter chooses is locked beside what it chose before, and locked again where it stood', async () => {
  const project = testProject({
    'recipes/apples.yaml': recipe('apples', { crate: 'crate-${version}' }),
    'scripts/none.ts': '',
  });
  serve({ 'crate-1': 'one', 'crate-2': 'second' });
  expect((await project.run(['lock', 'apples'])).code).toBe(0);
  expect((await project.run(['lock', 'apples', '--set', 'version=2'])).code).toBe(0);
  const sizes = (): number[] =>
    locked(project, 'apples.crate').flatMap(({ files }) => files.map(({ size }) => size));
  expect(sizes()).toEqual([3, 6]);
  serve({ 'crate-1': 'a new one', 'crate-2': 'second' });
  const again = await project.run(['lock', 'apples']);
  expect(again.stdout).toContain('recipes/lock.yaml was updated');
  expect(sizes()).toEqual([9, 6]);
  expect((await project.run(['lock', 'apples', '--set', 'version=2'])).stdout).toContain('is up to date');
});

test('every source that cannot be reached is named, and the others are locked all the same', async () => {
  const project = testProject({
    'recipes/apples.yaml': recipe('apples', { crate: 'crate', basket: 'basket', sack: 'sack' }),
    'scripts/none.ts': '',
  });
  serve({ basket: 'of apples' });
  const { code, stderr } = await project.run(['lock']);
  expect(code).toBe(1);
  expect(stderr).toContain(`${server.url}/crate`);
  expect(stderr).toContain(`${server.url}/sack`);
  expect(stderr).toContain('--source apples.crate=FOLDER');
  expect(locked(project, 'apples.basket')).toHaveLength(1);
  expect(locked(project, 'apples.crate')).toEqual([]);
});
