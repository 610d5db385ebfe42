import { readFile } from 'node:fs/promises';
import { step } from '#step';
import { makeSample } from '#installer';

const { inputs, params, output, progress, note } = await step();
const dmg = 'InstallESD.dmg';

await makeSample(
  {
    version: params.text('version'),
    map: params.text('map') as 'gpt' | 'apm',
    size: params.number('size'),
    kernel: await readFile(inputs['kernel'] as string),
  },
  dmg,
  { onProgress: (done, total) => progress(done, total, 'bytes') },
);
note(`a stand-in for OS X ${params.text('version')}: nothing in it is Apple's, and it installs nothing`);
note('your own installer: --set installer=InstallESD.dmg');
await output('dmg', dmg);
