import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { step } from 'cidermill/step';

const { $, source, list, jobs, output, progress, note } = await step();
const [tree, own] = [source('tree'), source('own')] as const;
const programs = ['qemu-system-x86_64', 'qemu-img'];

const work = (await $`pwd`.quiet()).stdout.trim();
// configure looks for device lists in the source tree only; a path that leads out of it spares a copy of the tree.
const devices = relative(`${tree}/configs/devices/x86_64-softmmu`, `${work}/devices`);
await $`cat ${own}/devices.mak >devices.mak && printf '%s\\n' ${list('release-devices')} >>devices.mak`;
// Assertions name their files: as in the source tree, wherever it and the work folder are.
const maps = [tree, relative(`${work}/build`, tree)].map((path) => `-ffile-prefix-map=${path}=.`);
// The programs find share/qemu and lib/ beside their own folder, wherever that is put.
const libraries = '-Wl,--disable-new-dtags,-rpath,$ORIGIN/../lib';

// configure of 10.0 writes into its folder of tests, and the source tree is read-only.
await mkdir('build');
await mkdir('tests');
await $`cd build && TEST_DIR=${work}/tests ${tree}/configure --prefix=/qemu --with-devices-x86_64=${devices} \
  --extra-ldflags=${libraries} --extra-cflags=${['-Wno-invalid-pch', ...maps].join(' ')} ${list('configure')} \
  ${list('release-configure')}`;
await precompile(`${tree}/include/qemu/osdep.h`);
for await (const line of $`ninja -C build -j${jobs} ${programs}`) {
  const [, done, total] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? [];
  if (done !== undefined) progress(Number(done), Number(total), 'steps');
}

await $`mkdir -p qemu/bin qemu/lib qemu/share/qemu/keymaps`;
await $`cd build && strip -o ../qemu/bin/qemu-system-x86_64 qemu-system-x86_64 && strip -o ../qemu/bin/qemu-img qemu-img`;
// All but the C library, so that the folder runs on any glibc that is not older than the buildroot's.
await $`ldd qemu/bin/* | awk '$2 == "=>" && $1 !~ /^lib(c|m|dl|rt|pthread|resolv)\\.so/ {print $3}' | sort -u | \
  xargs -I{} cp -L {} qemu/lib/`;

// configure of 7.2 prepares the ROMs of `-kernel` and of the local APIC only when i386 is among the targets. A build ID
// would be laid where the ROM's code has to begin.
await mkdir('optionrom');
const tools = ['CC=cc -Wl,--build-id=none', 'OBJCOPY=objcopy', 'PYTHON=python3'];
await writeFile('optionrom/config.mak', [`TOPSRC_DIR=${tree}`, ...tools, ''].join('\n'));
await $`make -C optionrom -f ${tree}/pc-bios/optionrom/Makefile -j${jobs} && cp optionrom/*.bin qemu/share/qemu/`;
await $`gcc -m32 -nostdlib -static -Wl,--build-id=none,--oformat=binary,-Ttext=0 -o build/no-netboot ${own}/no-netboot.S`;
for (const card of ['e1000', 'e1000e', 'virtio']) {
  await $`python3 ${tree}/scripts/signrom.py build/no-netboot qemu/share/qemu/efi-${card}.rom`;
}
await $`cp ${tree}/pc-bios/keymaps/* qemu/share/qemu/keymaps/ && rm qemu/share/qemu/keymaps/meson.build`;
await $`chmod -R u=rwX,go=rX qemu`;

const version = (await $`qemu/bin/qemu-system-x86_64 --version`).lines()[0] ?? '';
note(version);
await output('programs', 'qemu');

/**
 * Every C file of QEMU begins with this header. Compiled once for each of the two sets of flags, gcc finds it in the
 * build folder before the source tree: the objects are the same, with a fifth less work.
 */
async function precompile(header: string): Promise<void> {
  const commands = (await $`ninja -C build -t commands ${programs}`.quiet()).lines();
  const precompiled = 'qemu/osdep.h.gch';
  await mkdir(`build/${precompiled}`, { recursive: true });
  await symlink(header, 'build/qemu/osdep.h');
  await $`ninja -C build config-poison.h`;
  for (const object of ['libcommon ui_vnc', 'libqemu-x86_64-softmmu target_i386_cpu']) {
    const [variant = '', file = ''] = object.split(' ');
    // Libraries are .fa, whole archives of objects, in 7.2, and .a in 10.0.
    const compile = commands.find((line) =>
      ['fa', 'a'].some((kind) => line.includes(` -o ${variant}.${kind}.p/${file}.c.o `)),
    );
    const flags = compile?.slice(0, compile.indexOf(' -MD '));
    if (flags === undefined) throw new Error(`QEMU compiles no ${file}.c for ${variant}`);
    await writeFile('build/precompile.sh', `${flags} -x c-header -o ${precompiled}/${variant} ${header}\n`);
    await $`cd build && bash precompile.sh`;
  }
}
