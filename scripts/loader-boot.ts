import { mkdir, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseRoute, routeBoot, routeValues } from '#route';
import { step } from 'cidermill/step';
import { pictureFile } from '#vm';
import { bootMachine } from './boot/machine.ts';

const here = await step();
const { $, input, text, output, note } = here;
const routeFile = input('route');
const values = routeValues({
  volume: text('volume'),
  version: text('version'),
  flags: text('flags'),
  darwin: text('darwin'),
  mode: text('mode'),
});
const written = (await $`cat ${routeFile}`.quiet()).stdout;
const route = parseRoute(written, basename(routeFile), values);

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
