import { stat } from 'node:fs/promises';
import { step } from 'cidermill/step';

const { $, source, list, jobs, output, progress, note } = await step();

// edk2 writes into its own tree, and sources are read-only.
await $`cp -R ${source('tree')} edk2 && chmod -R u+w edk2`;
const work = (await $`pwd`.quiet()).stdout.trim();
// edk2 puts some things into the order of hashes of their paths: those must be the same wherever the work folder is. A
// sandbox has a /tmp of its own, which is empty.
const isOwn = (await $`ls -A /tmp`.quiet()).stdout.trim() === '';
const edk2 = isOwn ? '/tmp/edk2' : `${work}/edk2`;
if (isOwn) await $`ln -s ${work}/edk2 ${edk2}`;

// Where the clock is faked, as `cidermill verify` does, Python's sleep waits for a moment that has passed, and fails.
await $`grep -rlF 'time.sleep(' edk2/BaseTools/Source/Python | \
  xargs sed -i 's/time[.]sleep(/__import__("select").select([], [], [], /'`;

// What edksetup.sh would set; it ends a strict shell.
const environment = [
  ...['env', `WORKSPACE=${edk2}`, `EDK_TOOLS_PATH=${edk2}/BaseTools`, `CONF_PATH=${edk2}/Conf`],
  ...['PYTHON_COMMAND=python3', 'PYTHONHASHSEED=0', 'GCC5_BIN='],
];
await $`mkdir -p edk2/Conf`;
for (const name of ['build_rule', 'tools_def', 'target'])
  await $`cp edk2/BaseTools/Conf/${name}.template edk2/Conf/${name}.txt`;
// Debian takes the sources of brotli out of the tarball, and OVMF compresses by LZMA.
await $`sed -i /BrotliCompress/d edk2/BaseTools/Source/C/GNUmakefile`;
// The tools in C; those in Python need no building, and their tests no running.
await $`${environment} make -C edk2/BaseTools/Source/C -j${jobs} ARCH=X64 PYTHON_COMMAND=python3`;

const path = `${edk2}/BaseTools/BinWrappers/PosixLike:/usr/bin:/bin`;
const defines = list('defines').flatMap((define) => ['-D', define]);
let compiled = 0;
const building = $`cd ${edk2} && ${environment} PATH=${path} build -a X64 -t GCC5 -b RELEASE -n ${jobs} \
  -p OvmfPkg/OvmfPkgX64.dsc ${defines} 2>&1`;
for await (const line of building) if (/^"?gcc"? .* -c /.test(line)) progress(++compiled, undefined, 'files');

const made = 'edk2/Build/OvmfX64/RELEASE_GCC5/FV';
const { size } = await stat(`${made}/OVMF.fd`);
note(`${size} bytes, ${compiled} files compiled`);
await output('code', `${made}/OVMF_CODE.fd`);
await output('vars', `${made}/OVMF_VARS.fd`);
await output('firmware', `${made}/OVMF.fd`);
