import { step } from 'cidermill/step';

const { $, source, jobs, output } = await step();
const [own, efi, probe] = [source('own'), source('efi'), source('probe')] as const;

await $`make -C ${own} -j${jobs} OUT="$PWD" EFI=${efi} PROBE=${probe}`;
await output('loader', 'blessed-loader.efi');
