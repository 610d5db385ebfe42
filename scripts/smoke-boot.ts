import { step } from 'cidermill/step';
import { probeBoot, probeExit } from '#vm';
import { bootMachine } from './boot/machine.ts';

const here = await step();
const { $, input, number, note } = here;
const [qemu, iso, disk] = [input('qemu'), input('iso'), input('disk')] as const;

// What the probe must measure comes from the images themselves.
const { stdout } = await $`${qemu}/bin/qemu-img info --output=json ${disk}`;
const info = JSON.parse(stdout) as { 'virtual-size': number };
const isoSize = Number((await $`stat -Lc %s ${iso}`).stdout);

const { reached, milestones, seconds } = await bootMachine(here, {
  kernel: 'kernel',
  called: 'probe',
  watch: probeBoot({
    cpus: number('cpus'),
    diskSectors: info['virtual-size'] / 512,
    isoSectors: Math.ceil(isoSize / 512),
  }),
  title: 'smoke boot',
  ending: `QEMU ended with exit code ${probeExit.allSeen}: the probe saw everything`,
});
note(`booted: ${reached} of ${milestones} milestones in ${seconds} s`);
