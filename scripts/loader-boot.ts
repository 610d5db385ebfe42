import { mkdir, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseRoute, routeBoot, routeValues } from '#route';
import { step } from '#step';
import { pictureFile } from '#vm';
import { bootMachine } from './boot/machine.ts';

const here = await step();
const { $, inputs, params, output, note } = here;
const routeFile = inputs['route'] as string;
const values = routeValues({
  volume: params.text('volume'),
  version: params.text('version'),
  flags: params.text('flags'),
});
const text = (await $`cat ${routeFile}`.quiet()).stdout;
const route = parseRoute(text, basename(routeFile), values);

const { reached, milestones, seconds } = await bootMachine(here, {
  kernel: 'loader',
  called: 'loader',
  watch: routeBoot(route),
  title: `loader boot, route ${route.name}`,
  ending:
    route.end === undefined ? 'QEMU was ended' : `QEMU ended with exit code ${route.end.exit}, as expected`,
});
await mkdir('pictures');
for (const each of route.steps) {
  if (!('kind' in each) || each.kind !== 'picture') continue;
  await rename(pictureFile(each.name), `pictures/${pictureFile(each.name)}`);
}
await output('pictures', 'pictures');
note(`${reached} of ${milestones} milestones in ${seconds} s`);
