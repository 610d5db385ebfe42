import { step } from 'cidermill/step';

const { $, source, jobs, output } = await step();

// The driver is made in the source tree, and sources are read-only. A folder of the user's may hold the driver itself.
await $`cp -R ${source('tree')} tree && chmod -R u+w tree`;
await $`make -C tree/filesystems -j${jobs} hfs_gnuefi`;
await output('driver', 'tree/filesystems/hfs_x64.efi');
