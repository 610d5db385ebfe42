/** A world of its own for one process and what it starts. */
export interface OwnWorld {
  /** The folder `from` is seen at the folder `to`, its files listed in the reverse of their order by name. */
  readonly mounts?: readonly { readonly from: string; readonly to: string }[];
  readonly hostName?: string;
  /** Files that are seen in place of others, which must be there. */
  readonly files?: readonly { readonly from: string; readonly to: string }[];
  /** What is the current folder then; else it stays. */
  readonly folder?: string;
}

/** Each mount is served by a process that ends with the one it is for, and nobody else sees it. */
const script = `set -eu
if [ -n "$1" ]; then hostname "$1"; fi
folder=$2; files=$3; count=$4; shift 4
while [ "$files" -gt 0 ]; do mount --bind "$1" "$2"; shift 2; files=$((files - 1)); done
while [ "$count" -gt 0 ]; do
  setpriv --pdeathsig KILL disorderfs -f -q --sort-dirents=yes --reverse-dirents=yes "$1" "$2" \\
    </dev/null >/dev/null 2>&1 3>&- &
  tries=0
  until mountpoint -q "$2"; do
    tries=$((tries + 1)); [ "$tries" -lt 250 ] || exit 1; sleep 0.02
  done
  shift 2; count=$((count - 1))
done
if [ -n "$folder" ]; then cd "$folder"; fi
exec "$@"`;

/**
 * The beginning of a command line that starts the rest of it in a world of its own. It becomes the rest by exec, so that
 * the process keeps its number. An ordinary user is root to himself in there.
 */
export function inOwnWorld({ mounts = [], files = [], hostName = '', folder = '' }: OwnWorld): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const pairs = [...files, ...mounts].flatMap(({ from, to }) => [from, to]);
  return [
    ...['unshare', ...user, '--mount', '--uts'],
    ...['sh', '-c', script, 'sh', hostName, folder, String(files.length), String(mounts.length), ...pairs],
  ];
}
