import { step } from 'cidermill/step';

const { $, source, text, jobs, output } = await step();
const [own, efi, probe] = [source('own'), source('efi'), source('probe')] as const;

// The work folder takes what is made: sources are read-only.
await $`make -C ${own} -j${jobs} OUT="$PWD" EFI=${efi} PROBE=${probe} OSK=${text('osk')}`;
await output('application', 'probe.efi');
