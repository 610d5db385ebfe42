import { step } from 'cidermill/step';

const { $, source, jobs, output } = await step();
const [loader, kernel, probe] = [source('loader'), source('kernel'), source('probe')] as const;

// The work folder takes what is made: sources are read-only.
await $`make -C ${loader} -j${jobs} OUT="$PWD" PROBE=${probe} KERNEL=${kernel}`;
await output('boot', 'boot');
