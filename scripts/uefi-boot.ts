import { writeFile } from 'node:fs/promises';
import { routeBoot } from '#route';
import { step } from 'cidermill/step';
import { smcConfiguration, uefiArguments } from '#vm';
import { bootAndReport } from './boot/boot-and-report.ts';
import { endingOf, outputPictures, readRoute } from './boot/read-route.ts';

const here = await step();
const { input, text, number, note } = here;
const route = await readRoute(here, {
  volume: text('volume'),
  version: '',
  flags: '',
  darwin: text('darwin'),
});
const [cpu, cpus] = [text('cpu'), number('cpus')] as const;
const memory = Math.floor(number('memory') / 2 ** 20);
const [qemu, code, esp] = [input('qemu'), input('code'), input('esp')] as const;

await writeFile('smc.cfg', smcConfiguration(text('osk')), { mode: 0o600 });
const { reached, milestones, seconds } = await bootAndReport(here, {
  args: uefiArguments({
    accelerator: 'tcg',
    cpu,
    cpus,
    memory,
    roms: `${qemu}/share/qemu`,
    code,
    vars: input('vars'),
    esp,
    iso: input('iso'),
    smc: 'smc.cfg',
  }),
  ran: { firmware: code, esp },
  watch: { ...routeBoot(route), drawsText: true },
  title: `uefi boot, route ${route.name}: q35, ${cpus} x ${cpu}, ${memory} MiB, tcg`,
  ending: endingOf(route),
});
await outputPictures(here, route);
note(`${reached} of ${milestones} milestones in ${seconds} s`);
