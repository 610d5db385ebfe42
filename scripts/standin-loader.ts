import { step } from 'cidermill/step';

const { $, source, text, jobs, output } = await step();
const [loader, kernel, probe] = [source('loader'), source('kernel'), source('probe')] as const;

// The work folder takes what is made: sources are read-only.
const forms = [`LISTING=${text('listing')}`, `WORDS=${text('words')}`];
await $`make -C ${loader} -j${jobs} OUT="$PWD" PROBE=${probe} KERNEL=${kernel} ${forms}`;
await output('boot', 'boot');
