import { step } from 'cidermill/step';

const { $, source, text, jobs, output } = await step();

// The work folder takes what is made: sources are read-only.
await $`make -C ${source('probe')} -j${jobs} OUT="$PWD" OSK=${text('osk')}`;
await output('kernel', 'probe.elf');
