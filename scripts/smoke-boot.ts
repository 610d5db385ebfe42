import { writeFile } from 'node:fs/promises';
import { step } from '#step';
import { boot, milestoneLog, probeBoot, probeExit, smcConfiguration, smokeArguments } from '#vm';

const { $, inputs, params, spawn, output, progress, note } = await step();
const { qemu, bios, kernel, iso, disk } = inputs as Record<
  'qemu' | 'bios' | 'kernel' | 'iso' | 'disk',
  string
>;
const program = `${qemu}/bin/qemu-system-x86_64`;
const [machine, cpu, cpus] = [
  params.text('machine') as 'q35' | 'pc',
  params.text('cpu'),
  params.number('cpus'),
];
const memory = Math.floor(params.number('memory') / 2 ** 20);

// What ran is told by digest; what the probe must measure comes from the images themselves.
const digests = (await $`sha256sum ${program} ${bios} ${kernel}`).stdout.split('\n');
const ran = ['qemu-system-x86_64', 'firmware', 'probe'].map((name, index) => ({
  name,
  digest: digests[index]?.slice(0, 64) ?? '',
}));
const { stdout } = await $`${qemu}/bin/qemu-img info --output=json ${disk}`;
const info = JSON.parse(stdout) as { 'virtual-size': number };
const isoSize = Number((await $`stat -Lc %s ${iso}`).stdout);
const watched = probeBoot({
  cpus,
  diskSectors: info['virtual-size'] / 512,
  isoSectors: Math.ceil(isoSize / 512),
});

await writeFile('smc.cfg', smcConfiguration(params.text('osk')), { mode: 0o600 });
let seen = 0;
const result = await boot({
  ...watched,
  // snapshot=on keeps what the guest writes in a temporary file; QEMU wants it in /var/tmp, which is read-only here.
  spawn: (command, args, options) => spawn('env', ['TMPDIR=.', command, ...args], options),
  command: program,
  args: smokeArguments({
    machine,
    accelerator: 'tcg',
    cpu,
    cpus,
    memory,
    roms: `${qemu}/share/qemu`,
    firmware: bios,
    kernel,
    iso,
    disk,
    smc: 'smc.cfg',
  }),
  folder: process.cwd(),
  milliseconds: params.number('timeout') * 1000,
  screenshot: 'screen.png',
  onReached: ({ milestone }) => progress(++seen, watched.milestones.length, 'milestones', milestone),
});

const title = `smoke boot: ${machine}, ${cpus} x ${cpu}, ${memory} MiB, tcg`;
const ending = `QEMU ended with exit code ${probeExit.allSeen}: the probe saw everything`;
await writeFile('milestones.txt', milestoneLog(title, ran, result.reached, ending));
await writeFile('screen.txt', `${result.screen.join('\n')}\n`);
await writeFile('console.txt', `${result.console.join('\n')}\n`);
await output('screen', 'screen.png');
await output('screen-text', 'screen.txt');
await output('milestones', 'milestones.txt');
await output('console', 'console.txt');

const last = result.reached.at(-1)?.milliseconds ?? 0;
note(
  `booted: ${result.reached.length} of ${watched.milestones.length} milestones in ${(last / 1000).toFixed(1)} s`,
);
