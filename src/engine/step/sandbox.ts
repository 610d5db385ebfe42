import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { procEntries } from '../../host/index.ts';
import { roomInRoot } from './room-in-root.ts';

/** 1980-01-01, the first day every archive format can hold. */
const sourceDateEpoch = '315532800';

/** What a step sees beside its root and its work folder. Values are paths on the host. */
export interface View {
  readonly sources: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

/** What a sandbox looks like from inside: the same for every step, user and machine, but when a rebuild varies it. */
export interface Sandbox {
  /** Where the work folder is. */
  readonly build: string;
  /** The folders that the sources and inputs are in, each by its name. */
  readonly sources: string;
  readonly inputs: string;
  /** Of the user and of the group. */
  readonly id: number;
  readonly hostName: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Of bubblewrap, after the root: what the folders above are made in, and what else is to be seen. */
  readonly mounts: readonly string[];
  /** What starts each command. */
  readonly launcher: readonly string[];
}

export const standardSandbox: Sandbox = {
  build: '/build',
  sources: '/sources',
  inputs: '/inputs',
  id: 1000,
  hostName: 'cidermill',
  environment: {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/build',
    USER: 'build',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: sourceDateEpoch,
  },
  mounts: [],
  launcher: [],
};

/** Where the sandbox shows what runs a script: Node, the script's files, and the step's folder on one mount. */
export const privateFolder = '/cidermill';

/** The step's own folder in there: build/, out/ and request.json. */
export const stepFolder = `${privateFolder}/step`;

/** The environment of commands on the host: its own programs, and nothing else of it. */
export function hostEnvironment(workFolder: string): Readonly<Record<string, string>> {
  const { environment } = standardSandbox;
  const path = process.env['PATH'] ?? environment['PATH'] ?? '';
  return { ...environment, LC_ALL: 'C', PATH: `${path}:/usr/sbin:/sbin`, HOME: workFolder };
}

/** What one sandbox shows; paths are the host's. */
export interface Shown extends View {
  /** The unpacked buildroot; absent: no programs at all. */
  readonly root?: string;
  readonly devices?: readonly string[];
  /** With build/ and out/ in it, and all that is to be written. */
  readonly stepFolder: string;
  /** Files of the script's, and where each is to be seen. */
  readonly files: readonly (readonly [from: string, to: string])[];
}

/**
 * The bubblewrap command that the rest of a command line is appended to: the buildroot and everything declared
 * read-only, the work folder as `/build`, no network, no other process in sight, and an end with its parent.
 */
export function sandboxCommand(shown: Shown, sandbox: Sandbox = standardSandbox): string[] {
  const { build, sources, inputs, id, hostName } = sandbox;
  const room =
    shown.root === undefined
      ? { begin: [], end: [] }
      : roomInRoot(
          shown.root,
          shown.files.map(([, to]) => to).filter((to) => !to.startsWith(`${privateFolder}/`)),
        );
  const bind = (folder: string, paths: Readonly<Record<string, string>>): string[] =>
    Object.entries(paths).flatMap(([name, path]) => ['--ro-bind', path, `${folder}/${name}`]);
  return [
    'bwrap',
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    ...['--uid', String(id), '--gid', String(id), '--hostname', hostName, '--cap-drop', 'ALL'],
    ...rootEntries(shown.root, sandbox),
    ...room.begin,
    ...procEntries(),
    ...['--dev', '/dev', '--tmpfs', '/tmp'],
    ...(shown.devices ?? []).flatMap((device) => ['--dev-bind', device, device]),
    ...sandbox.mounts,
    ...['--tmpfs', sources, '--tmpfs', inputs],
    ...bind(sources, shown.sources),
    ...bind(inputs, shown.inputs),
    ...['--remount-ro', sources, '--remount-ro', inputs],
    ...shown.files.flatMap(([from, to]) => ['--ro-bind', from, to]),
    ...room.end,
    // Twice, since nothing can be moved from one mount to another: commands work in the one, outputs are moved in the other.
    ...['--bind', shown.stepFolder, stepFolder, '--bind', join(shown.stepFolder, 'build'), build],
    ...['--remount-ro', '/', '--chdir', build, '--clearenv'],
    ...Object.entries(sandbox.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
  ];
}

/** The buildroot's folders in a root of our own, which has room for what is not in it. */
function rootEntries(root: string | undefined, { build, sources, inputs }: Sandbox): string[] {
  if (root === undefined) return [];
  const ours = new Set(['/proc', '/dev', '/tmp', privateFolder, build, sources, inputs]);
  return readdirSync(root).flatMap((name) => {
    const [from, to] = [join(root, name), `/${name}`];
    if (ours.has(to)) return [];
    return lstatSync(from).isSymbolicLink() ? ['--symlink', readlinkSync(from), to] : ['--ro-bind', from, to];
  });
}

/** The same view as the sandbox has it. */
export function sandboxView(view: View, sandbox: Sandbox = standardSandbox): View {
  const inside = (folder: string, paths: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.keys(paths).map((name) => [name, `${folder}/${name}`]));
  return {
    sources: inside(sandbox.sources, view.sources),
    inputs: inside(sandbox.inputs, view.inputs),
  };
}
