import { step } from '#step';

const { $, sources, jobs, output } = await step();
const { loader, kernel, probe } = sources as Record<'loader' | 'kernel' | 'probe', string>;

// The work folder takes what is made: sources are read-only.
await $`make -C ${loader} -j${jobs} OUT="$PWD" PROBE=${probe} KERNEL=${kernel}`;
await output('boot', 'boot');
