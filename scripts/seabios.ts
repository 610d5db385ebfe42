import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { step } from 'cidermill/step';

const { $, source, text, list, jobs, output, progress } = await step();
const work = (await $`pwd`.quiet()).stdout.trim();

const roms = [
  { name: 'bios', config: list('config'), file: 'bios.bin' },
  { name: 'vgabios-stdvga', config: list('stdvga'), file: 'vgabios.bin' },
  { name: 'vgabios-vmware', config: list('vmware'), file: 'vgabios.bin' },
];

for (const [done, { name, config, file }] of roms.entries()) {
  progress(done, roms.length, 'ROMs', name);
  const out = `${work}/${name}`;
  const make = [
    ...['make', '-C', source('tree'), `OUT=${out}/`, `KCONFIG_CONFIG=${out}/.config`],
    ...['PYTHON=python3', `EXTRAVERSION=${text('extraversion')}`],
  ];
  await mkdir(name);
  await writeFile(`${name}/.config`, `${config.join('\n')}\n`);
  await $`${make} olddefconfig`;
  await mustHold(`${name}/.config`, config);
  await $`${make} -j${jobs} ${out}/${file}`;
  await output(name, `${name}/${file}`);
}
progress(roms.length, roms.length, 'ROMs');

/** Kconfig drops what it does not know or what depends on something that is off, and says nothing. */
async function mustHold(file: string, config: readonly string[]): Promise<void> {
  const lines = new Set((await readFile(file, 'utf8')).split('\n'));
  for (const line of config) {
    const [option = '', value = ''] = line.split('=');
    if (lines.has(line) || (value === 'n' && !lines.has(`${option}=y`))) continue;
    throw new Error(`SeaBIOS does not take the configuration line ${line}`);
  }
}
