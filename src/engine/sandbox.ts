/** 1980-01-01, the first day every archive format can hold. */
const sourceDateEpoch = '315532800';

/** What a step's commands see beside their root and their work folder. Values are paths on the host. */
export interface View {
  readonly sources: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

/** The environment of commands in a sandbox: the same for every step, user and machine. */
export const sandboxEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/build',
  USER: 'build',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  SOURCE_DATE_EPOCH: sourceDateEpoch,
};

/** The environment of commands on the host: its own programs, and nothing else of it. */
export function hostEnvironment(workFolder: string): Readonly<Record<string, string>> {
  const path = process.env['PATH'] ?? sandboxEnvironment['PATH'] ?? '';
  return { ...sandboxEnvironment, LC_ALL: 'C', PATH: `${path}:/usr/sbin:/sbin`, HOME: workFolder };
}

/**
 * The bubblewrap command that runs a step's command: the buildroot as `/` and everything declared read-only, the work
 * folder as `/build`, no network, no other process in sight, and an end with its parent.
 */
export function sandboxPrefix(root: string, workFolder: string, view: View): string[] {
  return [
    'bwrap',
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'cidermill', '--cap-drop', 'ALL'],
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...['--tmpfs', '/sources', '--tmpfs', '/inputs'],
    ...Object.entries(view.sources).flatMap(([name, path]) => ['--ro-bind', path, `/sources/${name}`]),
    ...Object.entries(view.inputs).flatMap(([name, path]) => ['--ro-bind', path, `/inputs/${name}`]),
    ...['--remount-ro', '/sources', '--remount-ro', '/inputs'],
    ...['--bind', workFolder, '/build', '--chdir', '/build', '--clearenv'],
    ...Object.entries(sandboxEnvironment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
  ];
}

/** The same view as the sandbox's commands have it. */
export function sandboxView(view: View): View {
  const inside = (folder: string, paths: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.keys(paths).map((name) => [name, `/${folder}/${name}`]));
  return { sources: inside('sources', view.sources), inputs: inside('inputs', view.inputs) };
}
