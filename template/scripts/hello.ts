import { step } from 'cidermill/step';

const { $, source, list, jobs, output, note } = await step();

await $`${source('tree')}/configure ${list('configure')}`;
await $`make -j${jobs}`;
note((await $`./hello`).stdout.trim());
await output('hello', 'hello');
