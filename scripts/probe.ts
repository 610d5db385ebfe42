import { step } from '#step';

const { $, sources, params, jobs, output } = await step();

// The work folder takes what is made: sources are read-only.
await $`make -C ${sources['probe']} -j${jobs} OUT="$PWD" OSK=${params.text('osk')}`;
await output('kernel', 'probe.elf');
