import { routeBoot } from '#route';
import { step } from 'cidermill/step';
import { bootMachine } from './boot/machine.ts';
import { endingOf, outputPictures, readRoute } from './boot/read-route.ts';

const here = await step();
const { text, note } = here;
const route = await readRoute(here, {
  volume: text('volume'),
  version: text('version'),
  flags: text('flags'),
  darwin: text('darwin'),
  mode: text('mode'),
});

const { reached, milestones, seconds } = await bootMachine(here, {
  kernel: 'loader',
  called: 'loader',
  watch: routeBoot(route),
  title: `loader boot, route ${route.name}`,
  ending: endingOf(route),
});
await outputPictures(here, route);
note(`${reached} of ${milestones} milestones in ${seconds} s`);
