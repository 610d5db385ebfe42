import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderLockfile } from '../../src/sources/lock/render.ts';
import { parseLockfile } from '../../src/sources/lock/read.ts';
import { protocolVersion } from '../../src/step/protocol.ts';
import { withSum } from '../../src/store/whole-file.ts';
import { orchard } from '../recipe/orchard.ts';
import { inTemporaryFolder } from '../rig/judges/temporary.ts';
import { actionKey } from './project-targets.ts';
import type { Seed } from './seeds.ts';

const sha256 = actionKey;

/** Files that cidermill keeps, and files that users write. */
export function projectSeeds(): Seed[] {
  const listing = [
    { type: 'directory', path: 'bin' },
    { type: 'file', path: 'bin/run', digest: sha256, size: 12, executable: true },
    { type: 'symlink', path: 'start', target: 'bin/run' },
  ];
  const entry = {
    action: { outputs: { bios: 'bios.bin' }, parameters: { size: 12 }, script: { sha256 } },
    duration: 1200,
    key: actionKey,
    log: sha256,
    materials: { tree: [{ uri: 'pkg:deb/debian/seabios@1.16.2', digest: { sha256 } }] },
    notes: ['made'],
    outputs: { bios: { type: 'file', path: 'bios.bin', digest: sha256, size: 12, executable: false } },
    producers: { '': sha256 },
    started: '2026-11-28T18:00:00.000Z',
  };
  const action = {
    ...{
      keyVersion: 2,
      protocol: 3,
      platform: 'linux-x64',
      script: 'scripts/link.ts',
      modules: { a: sha256 },
    },
    ...{
      packages: {},
      parameters: { size: 12 },
      sources: { tree: sha256 },
      inputs: { bios: `file:${sha256}` },
    },
    ...{ environment: { kind: 'none' }, outputs: { text: 'text.txt' } },
  };
  const request = {
    ...{
      protocol: protocolVersion,
      step: 's',
      parameters: { size: 12, list: ['a'] },
      sources: { tree: '/src' },
    },
    ...{
      inputs: { bios: '/in/bios.bin' },
      outputs: { text: 'text.txt' },
      workFolder: '/w',
      outputFolder: '/o',
    },
    ...{ jobs: 2, commandPrefix: ['bwrap'], commandEnvironment: { PATH: '/usr/bin' } },
  };
  const checks = [
    { type: 'note', message: 'it takes an hour', about: 'size', hint: 'wait' },
    { type: 'fault', message: 'Meson not found' },
    { type: 'failure', message: 'it broke' },
  ];
  const events = [
    { type: 'progress', done: 3, total: 14, unit: 'milestones', label: 'firmware' },
    { type: 'note', text: 'booted' },
    { type: 'output', name: 'screen' },
    { type: 'failure', message: 'it did not come', hint: 'wait' },
  ];
  return [
    { name: 'listing', bytes: Buffer.from(JSON.stringify(listing)), targets: ['listing'] },
    {
      name: 'events',
      bytes: Buffer.from(events.map((each) => JSON.stringify(each)).join('\n')),
      targets: ['events'],
    },
    {
      name: 'record',
      bytes: Buffer.from(
        JSON.stringify({
          step: 's',
          key: sha256,
          action,
          outcome: 'done',
          log: '/log',
          time: 1_796_000_000_000,
        }),
      ),
      targets: ['record'],
    },
    {
      name: 'facts',
      bytes: Buffer.from(
        withSum(JSON.stringify({ facts: [['flock 2.38', 'flock from util-linux 2.38.1']] })),
      ),
      targets: ['facts'],
    },
    { name: 'request', bytes: Buffer.from(JSON.stringify(request)), targets: ['request'] },
    {
      name: 'checks',
      bytes: Buffer.from(checks.map((each) => JSON.stringify(each)).join('\n')),
      targets: ['checks'],
    },
    { name: 'action', bytes: Buffer.from(JSON.stringify(entry)), targets: ['action'] },
    { name: 'lockfile', bytes: smallLockfile(), targets: ['lockfile'] },
    {
      name: 'recipe',
      bytes: Buffer.from(orchard['recipes/press.yaml'].replace('recipe: press', 'recipe: mill')),
      targets: ['recipe'],
    },
    { name: 'pipeline', bytes: Buffer.from(orchard['pipelines/cider.yaml']), targets: ['pipeline'] },
    ...inTemporaryFolder(made),
  ];
}

/** The package's own, with a few of the packages of its buildroots. */
function smallLockfile(): Buffer {
  const text = readFileSync(join(import.meta.dirname, '../../recipes/lock.yaml'), 'utf8');
  const { lock } = parseLockfile(text, 'lock.yaml');
  const buildroots = [...lock.buildroots]
    .slice(0, 1)
    .map(([name, root]) => [name, { ...root, packages: root.packages.slice(0, 2) }] as const);
  return Buffer.from(
    renderLockfile({ sources: new Map([...lock.sources].slice(0, 4)), buildroots: new Map(buildroots) }),
  );
}

function made(folder: string): Seed[] {
  const image = join(folder, 'mine.qcow2');
  const run = (program: string, ...args: readonly string[]): void => {
    execFileSync(program, args, { cwd: folder, stdio: 'ignore' });
  };
  run('qemu-img', 'create', '-q', '-f', 'qcow2', 'base.qcow2', '8M');
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', 'mine.qcow2');
  run(
    'bash',
    '-c',
    'mkdir -p top/sub && echo words >top/sub/file && ln -s sub/file top/link && ln top/sub/file top/hard',
  );
  run('tar', '--format=gnu', '-cf', 'gnu.tar', 'top');
  run('tar', '--format=pax', '-cf', 'pax.tar', 'top');
  return [
    { name: 'qcow2', bytes: readFileSync(image).subarray(0, 4096), targets: ['qcow2'] },
    { name: 'GNU tar', bytes: readFileSync(join(folder, 'gnu.tar')), targets: ['tar'] },
    { name: 'pax tar', bytes: readFileSync(join(folder, 'pax.tar')), targets: ['tar'] },
  ];
}
