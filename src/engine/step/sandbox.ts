/** 1980-01-01, the first day every archive format can hold. */
const sourceDateEpoch = '315532800';

/** What a step's commands see beside their root and their work folder. Values are paths on the host. */
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

/** The environment of commands on the host: its own programs, and nothing else of it. */
export function hostEnvironment(workFolder: string): Readonly<Record<string, string>> {
  const { environment } = standardSandbox;
  const path = process.env['PATH'] ?? environment['PATH'] ?? '';
  return { ...environment, LC_ALL: 'C', PATH: `${path}:/usr/sbin:/sbin`, HOME: workFolder };
}

/**
 * The bubblewrap command that runs a step's command: the buildroot as `/` and everything declared read-only, the work
 * folder as `/build`, no network, no other process in sight, and an end with its parent.
 */
export function sandboxPrefix(
  root: string,
  workFolder: string,
  view: View,
  sandbox: Sandbox = standardSandbox,
): string[] {
  const { build, sources, inputs, id, hostName } = sandbox;
  const bind = (folder: string, paths: Readonly<Record<string, string>>): string[] =>
    Object.entries(paths).flatMap(([name, path]) => ['--ro-bind', path, `${folder}/${name}`]);
  return [
    'bwrap',
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    ...['--uid', String(id), '--gid', String(id), '--hostname', hostName, '--cap-drop', 'ALL'],
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...sandbox.mounts,
    ...['--tmpfs', sources, '--tmpfs', inputs],
    ...bind(sources, view.sources),
    ...bind(inputs, view.inputs),
    ...['--remount-ro', sources, '--remount-ro', inputs],
    ...['--bind', workFolder, build, '--chdir', build, '--clearenv'],
    ...Object.entries(sandbox.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
    ...sandbox.launcher,
  ];
}

/** The same view as the sandbox's commands have it. */
export function sandboxView(view: View, sandbox: Sandbox = standardSandbox): View {
  const inside = (folder: string, paths: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.keys(paths).map((name) => [name, `${folder}/${name}`]));
  return {
    sources: inside(sandbox.sources, view.sources),
    inputs: inside(sandbox.inputs, view.inputs),
  };
}
