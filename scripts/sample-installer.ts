import { readFile } from 'node:fs/promises';
import { step } from 'cidermill/step';
import { makeSample } from '#installer';

const { input, text, number, output, progress, note } = await step();
const dmg = 'InstallESD.dmg';

await makeSample(
  {
    version: text('version'),
    map: text('map') as 'gpt' | 'apm',
    size: number('size'),
    kernel: await readFile(input('kernel')),
  },
  dmg,
  { onProgress: (done, total) => progress(done, total, 'bytes') },
);
note(`a stand-in for OS X ${text('version')}: nothing in it is Apple's, and it installs nothing`);
note('your own installer: --set installer=InstallESD.dmg');
await output('dmg', dmg);
