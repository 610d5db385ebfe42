import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A host as it is before anybody has installed a thing for cidermill. */
export interface Host {
  readonly name: string;
  readonly suite: 'bookworm' | 'trixie' | 'sid';
  /** Where Node comes from: the distribution's packages, or a package of npm. */
  readonly node: 'debian' | 'npm';
  /** Packages that are there beside the essential ones, apt and git. */
  readonly packages?: readonly string[];
  /** What is done to the root once it is made. */
  readonly change?: (root: string) => void;
  /** /proc as it is: whole, or with parts of it covered, as in a container. */
  readonly proc?: 'whole' | 'masked';
}

/** The user who runs cidermill in a root, and may be nobody else. */
export const ordinary = 'ann';

const entering = join(import.meta.dirname, 'enter-root.sh');
const certificates = '/etc/ssl/certs/ca-certificates.crt';
/** In a root, where no package of it writes them anew. */
const trusted = '/etc/trusted-by-this-host.crt';
export const archive = 'http://deb.debian.org/debian';

/** Makes a host's root filesystem in a folder, unless it is there. @returns its path */
export function makeHost(host: Host, folder: string, node: string): string {
  const root = join(folder, host.name);
  if (existsSync(root)) {
    cpSync(certificates, join(root, trusted), { dereference: true });
    return root;
  }
  const making = `${root}.part`;
  rmSync(making, { recursive: true, force: true });
  const own = host.node === 'debian' ? ['nodejs', 'npm'] : [];
  const wanted = ['ca-certificates', 'git', 'passwd', ...own, ...(host.packages ?? [])];
  const sources = [`deb ${archive} ${host.suite} main`];
  // A mirror may lag behind; what is expired is signed all the same.
  const lagging = '--aptopt=Acquire::Check-Valid-Until "false"';
  if (host.suite !== 'sid') sources.push(`deb ${archive}-security ${host.suite}-security main`);
  execFileSync(
    'mmdebstrap',
    ['--quiet', '--variant=apt', lagging, `--include=${wanted.join(',')}`, host.suite, making, ...sources],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, SOURCE_DATE_EPOCH: '0' } },
  );
  if (host.node === 'npm')
    cpSync(node, join(making, 'opt/node'), { recursive: true, verbatimSymlinks: true });
  // The way to the network is this host's: its name servers, and whose certificates it trusts.
  cpSync('/etc/resolv.conf', join(making, 'etc/resolv.conf'), { dereference: true });
  inRoot(host, making, 'root', ['useradd', '--create-home', '--shell', '/bin/bash', ordinary]);
  host.change?.(making);
  renameSync(making, root);
  cpSync(certificates, join(root, trusted), { dereference: true });
  return root;
}

/** Puts a text into a root. */
export function put(root: string, file: string, text: string): void {
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), text);
}

export interface Said {
  readonly code: number;
  /** Both outputs, as they came. */
  readonly text: string;
}

/** Runs a command in a root by pivot_root, in a mount and a PID namespace that end with it. */
export function inRoot(host: Host, root: string, user: string, command: readonly string[]): Said {
  const alone = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
  const { status, stdout } = spawnSync(
    'unshare',
    [...alone, 'sh', '-c', 'exec 2>&1 sh "$@"', '-', entering, root, host.proc ?? 'whole', user, ...command],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: {
        PATH: '/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        DEBIAN_FRONTEND: 'noninteractive',
        NODE_EXTRA_CA_CERTS: trusted,
        ...Object.fromEntries(
          Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name)),
        ),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return { code: status ?? -1, text: stdout };
}
