import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseRoute, routeBoot, routeValues } from '#smoke';
import { step } from '#step';
import { boot, milestoneLog, pictureFile, smcConfiguration, smokeArguments } from '#vm';

const { $, inputs, params, spawn, output, progress, note } = await step();
const { qemu, bios, loader, iso, disk } = inputs as Record<
  'qemu' | 'bios' | 'loader' | 'iso' | 'disk',
  string
>;
const routeFile = inputs['route'] as string;
const program = `${qemu}/bin/qemu-system-x86_64`;
const [machine, cpu, cpus] = [
  params.text('machine') as 'q35' | 'pc',
  params.text('cpu'),
  params.number('cpus'),
];
const memory = Math.floor(params.number('memory') / 2 ** 20);

const values = routeValues({
  ...{ volume: params.text('volume'), version: params.text('version'), flags: params.text('flags') },
});
const text = (await $`cat ${routeFile}`.quiet()).stdout;
const route = parseRoute(text, basename(routeFile), values);

const digests = (await $`sha256sum ${program} ${bios} ${loader}`).stdout.split('\n');
const ran = ['qemu-system-x86_64', 'firmware', 'loader'].map((name, index) => ({
  name,
  digest: digests[index]?.slice(0, 64) ?? '',
}));

await writeFile('smc.cfg', smcConfiguration(params.text('osk')), { mode: 0o600 });
const milestones = route.steps.filter((each) => !('kind' in each)).length;
let seen = 0;
const result = await boot({
  ...routeBoot(route),
  // snapshot=on keeps what the guest writes in a temporary file; QEMU wants it in /var/tmp, which is read-only here.
  spawn: (command, args, options) => spawn('env', ['TMPDIR=.', command, ...args], options),
  command: program,
  args: smokeArguments({
    machine,
    accelerator: 'tcg',
    cpu,
    cpus,
    memory,
    roms: `${qemu}/share/qemu`,
    firmware: bios,
    kernel: loader,
    iso,
    disk,
    smc: 'smc.cfg',
  }),
  folder: process.cwd(),
  milliseconds: params.number('timeout') * 1000,
  screenshot: 'screen.png',
  onReached: ({ milestone }) => progress(++seen, milestones, 'milestones', milestone),
});

await mkdir('pictures');
for (const each of route.steps) {
  if (!('kind' in each) || each.kind !== 'picture') continue;
  await rename(pictureFile(each.name), `pictures/${pictureFile(each.name)}`);
}
const title = `loader boot, route ${route.name}: ${machine}, ${cpus} x ${cpu}, ${memory} MiB, tcg`;
const ending =
  route.end === undefined ? 'QEMU was ended' : `QEMU ended with exit code ${route.end.exit}: all is well`;
await writeFile('milestones.txt', milestoneLog(title, ran, result.reached, ending));
await writeFile('screen.txt', `${result.screen.join('\n')}\n`);
await writeFile('console.txt', `${result.console.join('\n')}\n`);
await output('screen', 'screen.png');
await output('screen-text', 'screen.txt');
await output('milestones', 'milestones.txt');
await output('console', 'console.txt');
await output('pictures', 'pictures');

const last = result.reached.at(-1)?.milliseconds ?? 0;
note(`${result.reached.length} of ${milestones} milestones in ${(last / 1000).toFixed(1)} s`);
