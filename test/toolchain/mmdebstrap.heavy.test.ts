import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { fileFolder, freshFolder } from '../rig/folder.ts';
import { stepsOf } from '../rig/project.ts';
import { lookupProject } from './lookup-project.ts';
import { archive } from './host-root.ts';

/** A release, and the beginning of its mmdebstrap's version. The tests' own host has 1.3.5 of Debian 12, or a later one. */
const releases = [
  { suite: 'bookworm', version: '1.3.' },
  { suite: 'trixie', version: '1.5.' },
  { suite: 'sid', version: '1.' },
];

const folder = fileFolder();

/** Unpacks a release's mmdebstrap, one Perl program, by an apt that knows nothing else. @returns the folder it is in */
function fetchProgram(suite: string): string {
  const home = join(folder, suite);
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'root'])
    mkdirSync(join(home, part), { recursive: true });
  writeFileSync(join(home, 'state/status'), '');
  writeFileSync(join(home, 'sources.list'), `deb ${archive} ${suite} main\n`);
  const settings = [
    `Dir::Etc::SourceList=${home}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State=${home}/state`,
    `Dir::State::status=${home}/state/status`,
    `Dir::Cache=${home}/cache`,
    'Acquire::Languages=none',
    'Acquire::Check-Valid-Until=false',
    'APT::Sandbox::User=',
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  const apt = (...args: string[]): void => {
    execFileSync('apt-get', ['-qq', ...options, ...args], { cwd: home, stdio: ['ignore', 2, 2] });
  };
  apt('update');
  apt('download', 'mmdebstrap');
  execFileSync('sh', ['-c', 'dpkg-deb -x mmdebstrap_*.deb root'], { cwd: home });
  return join(home, 'root/usr/bin');
}

const programs = new Map<string, string>();

beforeAll(() => {
  for (const { suite } of releases) programs.set(suite, fetchProgram(suite));
}, 600_000);

it(
  'mmdebstrap of Debian 12, 13 and sid makes the same root of Debian 12',
  { timeout: 1_800_000 },
  async () => {
    const project = lookupProject('gcc, python3-minimal', 'gcc');
    const locked = await project.run(['lock']);
    expect(locked.code, locked.stderr).toBe(0);
    const digests = new Map<string, string>();
    for (const { suite, version } of releases) {
      const env = {
        CIDERMILL_STORE: join(freshFolder(), 'store'),
        PATH: `${programs.get(suite) ?? ''}:${process.env['PATH'] ?? ''}`,
      };
      const ran = await project.run(['run', 'lookup', '--json'], env);
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(stepsOf(ran.stdout, 'step-done')).toEqual(['tiny', 'lookup']);
      const { stdout } = await project.run(['provenance', 'lookup/tiny'], env);
      expect(stdout).toContain(`"mmdebstrap ${version}`);
      digests.set(
        suite,
        /"name": "root\.tar",\s+"digest": \{\s+"sha256": "([0-9a-f]{64})"/.exec(stdout)?.[1] ?? '',
      );
    }
    console.log(Object.fromEntries(digests));
    expect(digests.get('bookworm')).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(digests.values()).size).toBe(1);
  },
);
