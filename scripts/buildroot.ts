import { lstatSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { step } from '#step';

const { $, sources, params, output, progress, note } = await step();
const epoch = '@315532800';

// Without root, mmdebstrap is another user to the system: it reads neither a private home folder nor the store in it.
await removeAbandoned(tmpdir());
const workshop = await mkdtemp(join(tmpdir(), `cidermill-buildroot-${process.pid}-`));
try {
  const repository = join(workshop, 'packages');
  await $`chmod 755 ${workshop}`.quiet();
  await cp(sources['packages'] as string, repository, { recursive: true });
  await $`chmod -R a+rX ${repository}`.quiet();
  const total = readFileSync(join(repository, 'Packages'), 'utf8').match(/^Package:/gm)?.length ?? 0;
  await makeRoot(repository, total);
  note(`${params.text('suite')}: ${total} packages`);
} finally {
  await rm(workshop, { recursive: true, force: true });
}

// bwrap wants /dev to mount on; nodes in it could not be unpacked by an ordinary user.
await mkdir('dev');
await $`tar -rf root.tar --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
  --mtime=${epoch} --owner=0 --group=0 --numeric-owner --mode=755 ./dev`;
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
    // mmdebstrap copies these two from the host.
    'rm -f etc/hostname etc/resolv.conf && : >etc/resolv.conf && echo cidermill >etc/hostname',
    'mkdir -p build sources inputs',
  ].join(' && ');
  // Root of a namespace that knows nobody else (unshare -r) cannot give files to others; fakeroot remembers whose they are.
  const alone =
    process.getuid?.() === 0 && (await $`: >given && chown 0:50 given`.nothrow().quiet()).exitCode !== 0;
  const mode = alone ? ['env', 'FAKEROOTDONTTRYCHOWN=1', 'mmdebstrap', '--mode=fakechroot'] : ['mmdebstrap'];
  let unpacked = 0;
  // The suite is left empty: with a name, mmdebstrap looks for essential packages in a Release file, and there is none.
  const making = $`TMPDIR=${workshop} ${mode} --verbose --variant=essential --format=tar \
    --include=${params.list('packages').join(',')} --setup-hook=${mergedUsr} --essential-hook=${exclude} \
    --customize-hook=${finish} --skip=check/qemu --skip=output/dev \
    '' root.tar ${`deb [trusted=yes] copy:${repository} ./`} 2>&1`;
  for await (const line of making) {
    if (line.startsWith('Unpacking ')) progress(++unpacked, total, 'packages');
  }
}

/** What runs left that were killed: gigabytes, and maybe of the users that only a user namespace knows. */
async function removeAbandoned(folder: string): Promise<void> {
  const user = process.getuid?.();
  for (const name of await readdir(folder)) {
    const pid = Number(/^cidermill-buildroot-(\d+)-\w+$/.exec(name)?.[1] ?? process.pid);
    const path = join(folder, name);
    if (isAlive(pid) || lstatSync(path, { throwIfNoEntry: false })?.uid !== user) continue;
    if (user !== 0) await $`mmdebstrap --unshare-helper rm -rf ${path}`.nothrow().quiet();
    await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
