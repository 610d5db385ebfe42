import { existsSync, readFileSync } from 'node:fs';

/** What keeps this user from making namespaces: kernels, distributions and containers forbid it in different ways. */
export interface NamespaceLimits {
  /** AppArmor's restriction of user namespaces, as in Ubuntu since 23.10; root is exempt. */
  readonly apparmor: boolean;
  /** kernel.unprivileged_userns_clone=0, as in Debian before 11; root is exempt. */
  readonly noClone: boolean;
  /** user.max_user_namespaces; undefined where the kernel does not say. */
  readonly most: number | undefined;
  /** Is this a container with a seccomp filter, which by Docker's default forbids unshare and mount? */
  readonly filtered: boolean;
}

export function readNamespaceLimits(): NamespaceLimits {
  const root = process.getuid?.() === 0;
  const most = read('/proc/sys/user/max_user_namespaces');
  return {
    apparmor: !root && read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1',
    noClone: !root && read('/proc/sys/kernel/unprivileged_userns_clone') === '0',
    most: most === undefined ? undefined : Number(most),
    filtered: isContainer() && /^Seccomp:\s*2$/m.test(read('/proc/self/status') ?? ''),
  };
}

/** Names what forbids namespaces and the command or act that allows them. */
export function namespaceMend({ apparmor, noClone, most, filtered }: NamespaceLimits): string {
  if (filtered)
    return "this container's seccomp filter forbids it: start it with `docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined …`";
  if (apparmor)
    return 'AppArmor restricts user namespaces: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (to keep it: in a file in /etc/sysctl.d)';
  if (noClone)
    return 'the kernel keeps them from ordinary users: `sysctl -w kernel.unprivileged_userns_clone=1`';
  if (most === 0) return 'the kernel allows none: `sysctl -w user.max_user_namespaces=15000`';
  return 'allow user namespaces: `sysctl -w user.max_user_namespaces=15000`; in a container, start it with --privileged';
}

/** Docker and Podman leave a file, others the name of a runtime in PID 1's environment, which only root may read. */
function isContainer(): boolean {
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv')) return true;
  return /(^|\0)container=./.test(read('/proc/1/environ') ?? '');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Not on this kernel, or not for this user to read.
    return undefined;
  }
}
