import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Gathered } from '../step/gather.ts';
import { hostEnvironment, standardSandbox, type Sandbox } from '../step/sandbox.ts';
import type { Workplace } from '../step/step-command.ts';
import { clockOfNode, clockVariables, type Clock } from './clock.ts';
import { inOwnWorld } from './namespaces.ts';
import { otherLocale, type Survey } from './survey.ts';
import { allVariations, clockAhead, type Unvaried, type Variation } from './variation.ts';
import type { Action } from '../../store/index.ts';

/** How one step is rebuilt, and what of it is other than in a run. */
export interface Circumstances {
  readonly workplace: Workplace;
  readonly gathered: Gathered;
  /** Where the outputs are when the process has ended and its mounts with it. */
  readonly outputFolder: string;
  readonly varied: readonly Variation[];
  readonly unvaried: readonly Unvaried[];
}

export interface RebuildOptions {
  /** What is to be varied, where the host and the step allow it. */
  readonly variations: ReadonlySet<Variation>;
  /** A clock other than the one that the variation "clock" has. */
  readonly clock?: Clock;
  /** What starts the script's process beside: a tracer. */
  readonly launcher?: readonly string[];
}

const otherName = 'rebuilder';
const otherId = 4711;
/** Inside a sandbox, on a file system made for it. */
const elsewhere = '/srv/elsewhere';
const canary = { REBUILD_CANARY: 'runs do not set this variable' };

/**
 * Lays out a rebuild in an empty folder.
 * @param turn which of the CPUs is left out: neighbours in a queue should not all leave out the same
 */
export function layOutRebuild(
  action: Action,
  given: Gathered,
  folder: string,
  survey: Survey,
  options: RebuildOptions,
  jobs: number,
  turn: number,
): Circumstances {
  const unvaried = obstacles(action, given.sandboxed, survey).filter(({ variation }) =>
    options.variations.has(variation),
  );
  const varied = allVariations.filter(
    (each) => options.variations.has(each) && !unvaried.some(({ variation }) => variation === each),
  );
  const has = (variation: Variation): boolean => varied.includes(variation);
  const clock = options.clock ?? (has('clock') ? { ahead: clockAhead } : undefined);

  const real = join(folder, 'real');
  for (const name of ['build', 'out']) mkdirSync(join(real, name), { recursive: true });
  const mounts = has('file-order') ? [{ from: real, to: makeFolder(folder, 'seen', 'work') }] : [];
  const seen = mounts[0]?.to ?? real;
  const turned = (paths: Readonly<Record<string, string>>, kind: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(paths).map(([name, path]) => {
        if (!has('file-order') || !statSync(path).isDirectory()) return [name, path];
        const to = makeFolder(folder, 'seen', kind, name);
        mounts.push({ from: path, to });
        return [name, to];
      }),
    );
  const gathered = {
    ...given,
    sources: turned(given.sources, 'sources'),
    inputs: turned(given.inputs, 'inputs'),
  };
  const workFolder = join(seen, 'build');
  // Not by exec: libfaketime's first process has to end by itself to take its semaphore with it.
  const start = `${has('umask') ? 'umask 0077; ' : ''}"$@"; exit`;
  const launcher = has('umask') || clock !== undefined ? ['bash', '--norc', '-c', start, 'bash'] : [];
  const sandbox = { ...varySandbox(given, folder, survey, has, clock), launcher };
  const fewer = survey.cpus.filter((_, index) => index !== turn % survey.cpus.length);
  const hostName =
    has('host-name') && survey.hostName ? { hostName: otherName, files: otherNameFiles(folder) } : {};
  const workplace: Workplace = {
    folder: seen,
    real,
    jobs: has('jobs') ? jobs + 1 : jobs,
    sandbox,
    onHost: { launcher, environment: varyHost(workFolder, folder, survey, has, clock) },
    launcher: [
      ...(has('cpus') ? ['taskset', '-c', fewer.join(',')] : []),
      ...(mounts.length > 0 || 'hostName' in hostName
        ? inOwnWorld({ mounts, folder: workFolder, ...hostName })
        : []),
      ...(options.launcher ?? []),
    ],
    watched: options.launcher !== undefined,
    nodeOptions: clock === undefined ? [] : clockOfNode(clock),
    environment: {
      ...(has('locale') ? { LC_ALL: otherLocale, LANG: otherLocale } : {}),
      ...(has('time-zone') ? { TZ: 'Pacific/Kiritimati' } : {}),
      ...(has('user') ? { USER: otherName, LOGNAME: otherName } : {}),
      ...(has('home') ? { HOME: given.sandboxed ? `${elsewhere}/home` : makeFolder(folder, 'home') } : {}),
      ...(has('environment') ? canary : {}),
    },
  };
  return {
    workplace,
    gathered,
    varied,
    unvaried,
    outputFolder: join(real, 'out'),
  };
}

/** What cannot be varied for this step on this host. */
function obstacles(action: Action, inside: boolean, survey: Survey): Unvaried[] {
  const { kind } = action.environment;
  const root = process.getuid?.() === 0;
  // What runs on the host's own tools may need its user's numbers, which a user namespace takes away.
  const worlds = root || kind !== 'host';
  const found: (Unvaried | false)[] = [
    survey.clockLibrary === undefined &&
      kind !== 'none' && { variation: 'clock', why: 'libfaketime is not installed: the clock is only later' },
    !inside && { variation: 'user', why: `it runs as this host's user` },
    kind === 'none' && { variation: 'umask', why: 'it runs no commands, and scripts set their own' },
    !worlds && { variation: 'host-name', why: 'it runs on the host, and this user is not root' },
    !worlds && { variation: 'file-order', why: 'it runs on the host, and this user is not root' },
    worlds &&
      !inside &&
      !survey.hostName && { variation: 'host-name', why: 'this user may not make namespaces' },
    worlds &&
      !survey.fileOrder && { variation: 'file-order', why: 'disorderfs is not installed or may not mount' },
    survey.locales === undefined &&
      kind !== 'none' && { variation: 'locale', why: 'the package locales is not installed' },
    survey.cpus.length < 2 && { variation: 'cpus', why: 'this machine gives one CPU' },
  ];
  return found.filter((each) => each !== false);
}

function varySandbox(
  { root, sandboxed }: Gathered,
  folder: string,
  survey: Survey,
  has: (variation: Variation) => boolean,
  clock: Clock | undefined,
): Sandbox {
  if (!sandboxed) return standardSandbox;
  const mounts = ['--tmpfs', '/srv', '--dir', `${elsewhere}/home`];
  const environment: Record<string, string> = { ...standardSandbox.environment };
  const show = (path: string, name: string): string => {
    mounts.push('--ro-bind', path, `${elsewhere}/${name}`);
    return `${elsewhere}/${name}`;
  };
  if (has('user') && root !== undefined) {
    const known = join(root, 'etc/passwd');
    // A root without the file knows no names: the number is another all the same.
    if (existsSync(known)) {
      const passwd = join(folder, 'passwd');
      const line = `${otherName}:x:${otherId}:${otherId}::${elsewhere}/home:/bin/bash\n`;
      writeFileSync(passwd, readFileSync(known, 'utf8') + line);
      mounts.push('--ro-bind', passwd, '/etc/passwd');
    }
    Object.assign(environment, { USER: otherName, LOGNAME: otherName });
  }
  if (has('home')) environment['HOME'] = `${elsewhere}/home`;
  if (has('locale') && survey.locales !== undefined) {
    const LOCPATH = show(survey.locales, 'locales');
    Object.assign(environment, { LOCPATH, LC_ALL: otherLocale, LANG: otherLocale });
  }
  if (has('time-zone')) environment['TZ'] = 'ELSE-13:45';
  if (has('environment')) {
    environment['PATH'] = `${environment['PATH'] ?? ''}:${elsewhere}/tools`;
    Object.assign(environment, canary);
  }
  if (clock !== undefined && survey.clockLibrary !== undefined) {
    const library = show(survey.clockLibrary, basename(survey.clockLibrary));
    Object.assign(environment, clockVariables(library, clock));
  }
  return {
    ...standardSandbox,
    ...(has('path')
      ? {
          build: `${elsewhere}/a/deeper/place`,
          sources: `${elsewhere}/sources`,
          inputs: `${elsewhere}/inputs`,
        }
      : {}),
    ...(has('user') ? { id: otherId } : {}),
    ...(has('host-name') ? { hostName: otherName } : {}),
    environment,
    mounts,
  };
}

function varyHost(
  workFolder: string,
  folder: string,
  survey: Survey,
  has: (variation: Variation) => boolean,
  clock: Clock | undefined,
): Record<string, string> {
  const standard = hostEnvironment(workFolder);
  return {
    ...standard,
    ...(has('home') ? { HOME: makeFolder(folder, 'home') } : {}),
    ...(has('locale') && survey.locales !== undefined
      ? { LOCPATH: survey.locales, LC_ALL: otherLocale, LANG: otherLocale }
      : {}),
    ...(has('time-zone') ? { TZ: 'ELSE-13:45' } : {}),
    ...(has('environment') ? { ...canary, PATH: `${standard['PATH'] ?? ''}:${elsewhere}/tools` } : {}),
    ...(clock !== undefined && survey.clockLibrary !== undefined
      ? clockVariables(survey.clockLibrary, clock)
      : {}),
  };
}

/** The files that say what this host is called, and whom it asks for names: mmdebstrap is not the only one to copy them. */
function otherNameFiles(folder: string): { from: string; to: string }[] {
  const files = [
    { to: '/etc/hostname', text: `${otherName}\n` },
    { to: '/etc/resolv.conf', text: 'nameserver 192.0.2.53\n' },
  ];
  return files.flatMap(({ to, text }) => {
    if (!existsSync(to)) return [];
    const from = join(folder, basename(to));
    writeFileSync(from, text);
    return [{ from, to }];
  });
}

function makeFolder(...names: readonly string[]): string {
  const folder = join(...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}
