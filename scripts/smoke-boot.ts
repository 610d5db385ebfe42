import { step } from 'cidermill/step';
import { probeBoot, probeExit } from '#vm';
import { bootMachine } from './boot/machine.ts';

const here = await step();
const { $, input, number, note } = here;
const [iso] = [input('iso')] as const;

// What the probe must measure of the disc comes from the image itself; how large the disk is to be was said.
const isoSize = Number((await $`stat -Lc %s ${iso}`).stdout);

const { reached, milestones, seconds } = await bootMachine(here, {
  kernel: 'kernel',
  called: 'probe',
  watch: probeBoot({
    cpus: number('cpus'),
    diskSectors: number('disk-size') / 512,
    isoSectors: Math.ceil(isoSize / 512),
  }),
  title: 'smoke boot',
  ending: `QEMU ended with exit code ${probeExit.allSeen}: the probe saw everything`,
});
note(`booted: ${reached} of ${milestones} milestones in ${seconds} s`);
