import { constants, copyFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { step } from '#step';
import { describeDmg } from '#image';

const { sources, params, output, note } = await step();
const image = basename(params.text('image'));
const sample = 'sample.dmg';

await copyFile(`${sources['corpus'] as string}/test_data/${image}`, sample, constants.COPYFILE_FICLONE);
const { format, sectors } = await describeDmg(sample);
note(`${image}: ${format}, ${sectors} sectors`);
await output('dmg', sample);
