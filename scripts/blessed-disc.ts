import { readFile } from 'node:fs/promises';
import { memorySource } from '#formats/source';
import { convertDmg, editImage } from '#image';
import { step } from 'cidermill/step';

const { input, text, output, progress, note } = await step();
const iso = 'disc.iso';
const path = text('path');
const [name = '', ...above] = path.split('/').reverse();

await convertDmg(input('iso'), iso, { onProgress: (done, total) => progress(done, total, 'bytes') });
const application = await readFile(input('application'));
// 1980-01-01, as everywhere.
const date = new Date(315_532_800_000);
await editImage(
  iso,
  (edit) => {
    let folder = edit.root;
    for (const each of above.reverse()) folder = edit.find(each, folder) ?? edit.makeFolder(folder, each);
    const old = edit.find(name, folder);
    if (old !== undefined) edit.remove(old);
    const file = edit.putFile(folder, name, {
      data: memorySource(application),
      mode: 0o100644,
      createDate: date,
      contentModDate: date,
    });
    edit.bless({ folder, file });
  },
  { date },
);
note(`/${path} is blessed, ${application.length} bytes`);
await output('iso', iso);
