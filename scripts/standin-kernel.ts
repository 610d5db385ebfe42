import { step } from 'cidermill/step';

const { $, source, text, jobs, output, note } = await step();
const [kernel, probe] = [source('kernel'), source('probe')] as const;
const darwin = text('darwin');
if (!/^\d{1,2}\.\d{1,2}\.\d{1,2}$/.test(darwin))
  throw new Error(`darwin: "${darwin}" is not a version X.Y.Z`);

// The work folder takes what is made: sources are read-only.
await $`make -C ${kernel} -j${jobs} OUT="$PWD" PROBE=${probe} DARWIN=${darwin}`;
await output('kernel', 'kernel');
note(`says it is Darwin ${darwin}, but is not`);
