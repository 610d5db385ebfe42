import { step } from '#step';

const { $, sources, params, jobs, output } = await step();
const { loader, kernel, probe } = sources as Record<'loader' | 'kernel' | 'probe', string>;

// The work folder takes what is made: sources are read-only.
const forms = [`LISTING=${params.text('listing')}`, `WORDS=${params.text('words')}`];
await $`make -C ${loader} -j${jobs} OUT="$PWD" PROBE=${probe} KERNEL=${kernel} ${forms}`;
await output('boot', 'boot');
