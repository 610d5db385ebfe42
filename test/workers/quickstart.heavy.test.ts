import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { absence } from '../rig/judges/index.ts';
import { netFault } from '../rig/servers/net-namespaces.ts';
import { events, testProject } from '../rig/project.ts';
import { gather } from './rig.ts';
import { openTeam } from './team-of-machines.ts';

/** The store to begin with; without it quickstart is built here first, which takes minutes. */
const warm = process.env['CIDERMILL_STORE'];
const absent = netFault() ?? absence('nginx') ?? absence('redis');
const team = absent === undefined ? await openTeam() : undefined;

/** What a run has published: product → the digest of each file. */
function digests(output: string): unknown {
  const lines = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .join('\n');
  return events(lines)
    .filter(({ type }) => type === 'product-published')
    .map(({ product, files }) => [
      product,
      // The papers tell when and where it was made.
      (files as { path: string; digest: string }[])
        .filter(({ path }) => !/(provenance|sbom\.cdx|test-result)\.json$|SHA256SUMS$|INDEX\.md$/.test(path))
        .map(({ path, digest }) => [path.split('/').at(-1), digest]),
    ]);
}

/** Copies a store with its blobs, and of its actions those alone that make buildroots. */
function withBuildrootsAlone(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', '--reflink=auto', join(from, 'cas'), to]);
  cpSync(join(from, 'ac'), join(to, 'ac'), { recursive: true });
  for (const entry of readdirSync(join(to, 'ac'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !readFileSync(path, 'utf8').includes('"script":"scripts/buildroot.ts"'))
      rmSync(path);
  }
}

it('workers make quickstart from its sources, with the digests of a run without workers', async (context) => {
  if (team === undefined) return context.skip(absent);
  const [local, project] = [testProject({ 'recipes/.keep': '' }), testProject({ 'recipes/.keep': '' })];
  const store = warm ?? join(local.root, 'artifacts/.store');
  const alone = await local.run(['run', 'quickstart', '--json'], { CIDERMILL_STORE: store });
  expect(alone.code, alone.stderr).toBe(0);
  const coordinatorStore = join(freshFolder(), 'store');
  withBuildrootsAlone(join(store, 'v1'), join(coordinatorStore, 'v1'));
  expect(existsSync(join(coordinatorStore, 'v1/cas'))).toBe(true);

  const start = performance.now();
  const run = team.coordinator.start(
    [
      ...[process.execPath, join(packageRoot, 'bin/cidermill.mjs'), 'run', 'quickstart', '--json'],
      ...['--workers', team.address('coordinator')],
    ],
    { cwd: project.root, env: { ...team.env('coordinator'), CIDERMILL_STORE: coordinatorStore } },
  );
  const said = gather(run);
  const [code] = (await once(run, 'close')) as [number];
  expect(code, said().slice(-5000)).toBe(0);
  const lines = said()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .join('\n');
  const done = events(lines).filter(({ type }) => type === 'step-done');
  expect(done.filter(({ worker }) => worker === undefined)).toEqual([]);
  // Both discs are the same action where no installer is given.
  const made = new Set(done.map(({ key }) => key));
  const cached = events(lines).filter(({ type, key }) => type === 'step-cached' && !made.has(key));
  expect(cached.map(({ step }) => step)).toEqual(['debian-bookworm']);
  expect(digests(said())).toEqual(digests(alone.stdout));
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const makers = done.map(({ step, worker }) => `${String(step)} on ${String(worker)}`);
  console.log(`${done.length} steps by workers in ${seconds} s: ${makers.join(', ')}`);
}, 3_600_000);
