import { gptTypes, makeGpt } from '#formats/gpt';
import { newVolume } from '#formats/hfsplus';
import { windowOf } from '#formats/source';
import { openTarget } from '#image';
import { step } from 'cidermill/step';

const { text, number, output, note } = await step();
const name = text('name');
const size = number('size');

// 1980-01-01, as everywhere, and GUIDs that stay: the same parameters make the same bytes.
const edit = newVolume({ name, date: new Date(315_532_800_000), size });
const map = makeGpt({
  disk: '0c1de211-0000-8000-8000-000000000001',
  partitions: [{ type: gptTypes.hfs, id: '0c1de211-0000-8000-8000-000000000002', name, size }],
});
const target = await openTarget('disk.img', 'new');
await target.resize(map.size);
for (const { offset, bytes } of map.patches) await target.write(offset, bytes);
await edit.commit(windowOf(target, map.partitions[0]?.offset ?? 0, size), { size });
await target.close();
note(`HFS+ "${name}", ${size} bytes, on a GPT disk of ${map.size}`);
await output('disk', 'disk.img');
