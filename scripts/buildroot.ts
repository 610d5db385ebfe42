import { lstatSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { step } from 'cidermill/step';
import { fillDeviceFields } from './buildroot/device-fields.ts';

const { $, source, text, list, output, progress, note } = await step();
const epoch = '@315532800';

const user = process.getuid?.();
// Root works in the step's own folder, which goes with the step. Without root, mmdebstrap is another user to the
// system: it reads neither a private home folder nor the store in it.
const place = user === 0 ? process.cwd() : tmpdir();
await removeAbandoned(tmpdir());
const workshop = await mkdtemp(join(place, `cidermill-buildroot-${process.pid}-`));
try {
  const repository = join(workshop, 'packages');
  await $`chmod 755 ${workshop}`.quiet();
  await cp(source('packages'), repository, { recursive: true });
  await $`chmod -R a+rX ${repository}`.quiet();
  const total = readFileSync(join(repository, 'Packages'), 'utf8').match(/^Package:/gm)?.length ?? 0;
  await makeRoot(repository, total);
  note(`${text('suite')}: ${total} packages`);
} finally {
  await removeWorkshop(workshop);
}

// bwrap wants /dev to mount on; nodes in it could not be unpacked by an ordinary user. mmdebstrap before 1.5 leaves the empty
// folder out, later ones put it among the others: it is the last entry, whichever made the rest.
if ((await $`tar --occurrence=1 -tf root.tar ./dev/`.nothrow().quiet()).exitCode === 0)
  await $`tar --delete -f root.tar ./dev`;
await mkdir('dev');
await $`tar -rf root.tar --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
  --mtime=${epoch} --owner=0 --group=0 --numeric-owner --mode=755 ./dev`;
fillDeviceFields('root.tar');
await output('root', 'root.tar');

async function makeRoot(repository: string, total: number): Promise<void> {
  const mergedUsr = `for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done`;
  const unread = ['doc', 'man', 'info', 'locale', 'lintian'];
  // As an option of mmdebstrap the exclusions would cost a Python process for each package.
  const exclude = `printf "path-exclude=/usr/share/%s/*\\n" ${unread.join(' ')} >"$1/etc/dpkg/dpkg.cfg.d/lean"`;
  const finish = [
    'cd "$1"',
    `rm -rf ${unread.map((name) => `usr/share/${name}/*`).join(' ')}`,
    ': >etc/apt/sources.list', // it names a folder that is gone, another one each time
    // mmdebstrap writes it, and has added a line to it in 1.6.
    'echo "# UNCONFIGURED FSTAB FOR BASE SYSTEM" >etc/fstab',
    // mmdebstrap copies these two from the host.
    'rm -f etc/hostname etc/resolv.conf && : >etc/resolv.conf && echo cidermill >etc/hostname',
    // In apt's place, which gives its folders to a user of its own where that user can read the packages, else to root.
    'rm -rf var/lib/apt/lists/* var/cache/apt/*',
    'mkdir -p build sources inputs',
  ].join(' && ');
  // Root's mounts would be the whole host's, and would outlive a run that is killed. In namespaces of its own they, and
  // every process, end with the first process there.
  const own = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
  const alone = user === 0 && !(await givesFiles());
  const mode = alone
    ? ['env', 'FAKEROOTDONTTRYCHOWN=1', 'mmdebstrap', '--mode=fakechroot']
    : [...(user === 0 ? own : []), 'mmdebstrap'];
  // mmdebstrap puts a program that does nothing in start-stop-daemon's place. From 1.6 on it does so by dpkg-divert, which
  // fails where /sbin is a link from the beginning. Nothing is started: policy-rc.d, which stays, forbids it.
  const skipped = ['check/qemu', 'chroot/start-stop-daemon', 'cleanup/apt', 'output/dev'];
  // apt reads a space as the end of an address.
  const archive = `deb [trusted=yes] copy:${encodeURI(repository)} ./`;
  let unpacked = 0;
  // The suite is left empty: with a name, mmdebstrap looks for essential packages in a Release file, which this repository does not have.
  const making = $`TMPDIR=${workshop} ${mode} --verbose --variant=essential --format=tar \
    --include=${list('packages').join(',')} --setup-hook=${mergedUsr} --essential-hook=${exclude} \
    --customize-hook=${finish} --skip=${skipped.join(',')} \
    '' root.tar ${archive} 2>&1`;
  for await (const line of making) {
    if (line.startsWith('Unpacking ')) progress(++unpacked, total, 'packages');
  }
}

/** Can root give files to others? Not in a namespace that knows nobody else (unshare -r): fakeroot remembers whose they are. */
async function givesFiles(): Promise<boolean> {
  return (await $`: >given && chown 0:50 given`.nothrow().quiet()).exitCode === 0;
}

/** Removes what killed runs left: gigabytes, and maybe of the users that only a user namespace knows. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^cidermill-buildroot-(\d+)-\w+$/.exec(name)?.[1] ?? process.pid);
    const path = join(folder, name);
    if (isAlive(pid) || lstatSync(path, { throwIfNoEntry: false })?.uid !== user) continue;
    if (user !== 0) await $`mmdebstrap --unshare-helper rm -rf ${path}`.nothrow().quiet();
    await removeWorkshop(path);
  }
}

/** Unmounts what is mounted in the folder, then removes it. What is in the way stays, and is told in the log alone. */
async function removeWorkshop(folder: string): Promise<void> {
  const mounted = mountsBelow(folder);
  for (const path of mounted) await $`umount --lazy ${path}`.nothrow().quiet();
  if (mountsBelow(folder).length > 0) console.error(`${folder} stays: there are file systems mounted in it`);
  else await rm(folder, { recursive: true, force: true }).catch((error: unknown) => console.error(error));
}

/** The mount points in a folder, the deepest first. */
function mountsBelow(folder: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const unescape = (path: string): string =>
    path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  const paths = lines.map((line) => unescape(line.split(' ')[4] ?? ''));
  return paths.filter((path) => path.startsWith(`${folder}/`)).reverse();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
