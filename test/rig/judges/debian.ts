import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aptHost } from '../../../src/sources/apt/archives/apt-host.ts';
import { renderSources, sourcesForSuite } from '../../../src/sources/apt/archives/apt-sources.ts';

const run = promisify(execFile);

/** The host's own Debian mirrors, with all components, through an apt that touches nothing of the host's. */
export interface DebianMirror {
  /** Downloads the newest version of a package and unpacks what matches; all of it without patterns. */
  unpack(name: string, into: string, patterns?: readonly string[]): Promise<void>;
  /** Downloads the upstream archive of a source package and returns its path; it is gone with the mirror. */
  sourceArchive(source: { package: string; suite: string; file: string }): Promise<string>;
  /** The first package that one depends on: what a metapackage stands for. */
  firstDependency(name: string): Promise<string>;
  close(): void;
}

interface PrivateApt {
  readonly folder: string;
  readonly apt: (program: string, ...args: string[]) => Promise<string>;
  readonly close: () => void;
}

/** @param suite where the packages are from; those that the host follows by default */
async function privateApt(kind: 'binary' | 'source', suite?: string): Promise<PrivateApt> {
  const host = await aptHost();
  const sources = sourcesForSuite(host.sources, suite, host.release);
  if (sources.length === 0) throw new Error('this host’s apt has no source of a Debian release');
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-apt-'));
  // apt's own user has no business here; it would only complain.
  chmodSync(folder, 0o700);
  for (const name of ['lists/partial', 'archives/partial'])
    mkdirSync(join(folder, name), { recursive: true });
  const components = ['main', 'contrib', 'non-free'];
  const list = sources.map((source) => ({ ...source, components }));
  writeFileSync(join(folder, 'apt.sources'), renderSources(list, kind, host.architecture));
  const settings = [
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}`,
    `Dir::Etc::sourcelist=${folder}/apt.sources`,
    'Dir::Etc::sourceparts=-',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::http::Timeout=20',
  ].flatMap((setting) => ['-o', setting]);
  const apt = async (program: string, ...args: string[]): Promise<string> => {
    const { stdout } = await run(program, [...settings, ...args], { cwd: folder, maxBuffer: 2 ** 26 });
    return stdout;
  };
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await apt('apt-get', '-q', 'update');
  } catch (error) {
    close();
    throw error;
  }
  return { folder, apt, close };
}

export async function openDebianMirror(): Promise<DebianMirror> {
  const { folder, apt, close } = await privateApt('binary');
  const ofSources = new Map<string, PrivateApt>();
  return {
    close() {
      for (const each of [...ofSources.values(), { close }]) each.close();
    },
    async sourceArchive({ package: name, suite, file }) {
      const known = ofSources.get(suite) ?? (await privateApt('source', suite));
      ofSources.set(suite, known);
      await known.apt('apt-get', '-q', 'source', '--download-only', '--tar-only', name);
      return join(known.folder, file);
    },
    async unpack(name, into, patterns) {
      await apt('apt-get', '-q', 'download', name);
      const file = readdirSync(folder).find((each) => each.startsWith(`${name}_`)) ?? '';
      const deb = join(folder, file);
      if (patterns === undefined) await run('dpkg-deb', ['-x', deb, into]);
      else {
        const script = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "${@:3}"';
        await run('bash', ['-c', `set -o pipefail; ${script}`, 'bash', deb, into, ...patterns]);
      }
      rmSync(deb);
    },
    async firstDependency(name) {
      const said = await apt('apt-cache', 'depends', '--important', name);
      const found = /Depends: ([^<>\s]+)/.exec(said)?.[1];
      if (found === undefined) throw new Error(`the mirror has no package ${name}`);
      return found;
    },
  };
}
