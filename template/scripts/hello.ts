import { step } from 'cidermill/step';

const { $, sources, params, jobs, output, note } = await step();

await $`${sources['tree']}/configure ${params.list('configure')}`;
await $`make -j${jobs}`;
note((await $`./hello`).stdout.trim());
await output('hello', 'hello');
