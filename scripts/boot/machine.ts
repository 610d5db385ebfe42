import { writeFile } from 'node:fs/promises';
import type { Step } from 'cidermill/step';
import { boot, milestoneLog, smcConfiguration, smokeArguments, type BootRequest } from '#vm';
import { sizeOfOneFile } from './one-file.ts';

/** What differs from one boot to the other. */
export interface Watched {
  /** The input that QEMU starts with -kernel, and what it is called in the report. */
  readonly kernel: string;
  readonly called: string;
  readonly watch: Pick<BootRequest, 'milestones' | 'givesUp' | 'exit'>;
  /** The first words of the report, and its last line. */
  readonly title: string;
  readonly ending: string;
}

export interface Booted {
  readonly reached: number;
  readonly milestones: number;
  /** Until the last milestone. */
  readonly seconds: string;
}

/**
 * Boots the machine that a step's parameters (machine, cpu, cpus, memory, osk, timeout) and inputs (qemu, bios, iso,
 * disk) make, and puts out what was seen: screen, screen-text, milestones, console.
 */
export async function bootMachine(here: Step, watched: Watched): Promise<Booted> {
  const { $, input, text, number, spawn, output, progress } = here;
  const [qemu, bios, iso, disk] = [input('qemu'), input('bios'), input('iso'), input('disk')] as const;
  const kernel = input(watched.kernel);
  const program = `${qemu}/bin/qemu-system-x86_64`;
  const [machine, cpu, cpus] = [text('machine'), text('cpu'), number('cpus')] as const;
  const memory = Math.floor(number('memory') / 2 ** 20);

  await sizeOfOneFile($, qemu, disk);

  // What ran is told by digest.
  const digests = (await $`sha256sum ${program} ${bios} ${kernel}`).stdout.split('\n');
  const ran = ['qemu-system-x86_64', 'firmware', watched.called].map((name, index) => ({
    name,
    digest: digests[index]?.slice(0, 64) ?? '',
  }));

  await writeFile('smc.cfg', smcConfiguration(text('osk')), { mode: 0o600 });
  const milestones = watched.watch.milestones.filter((each) => !('kind' in each)).length;
  let seen = 0;
  const result = await boot({
    ...watched.watch,
    // snapshot=on keeps what the guest writes in a temporary file; QEMU wants it in /var/tmp, which is read-only here.
    spawn: (command, args, options) => spawn('env', ['TMPDIR=.', command, ...args], options),
    command: program,
    args: smokeArguments({
      machine: machine as 'q35' | 'pc',
      accelerator: 'tcg',
      cpu,
      cpus,
      memory,
      roms: `${qemu}/share/qemu`,
      firmware: bios,
      kernel,
      iso,
      disk,
      smc: 'smc.cfg',
    }),
    folder: process.cwd(),
    milliseconds: number('timeout') * 1000,
    screenshot: 'screen.png',
    onReached: ({ milestone }) => progress(++seen, milestones, 'milestones', milestone),
  });

  const title = `${watched.title}: ${machine}, ${cpus} x ${cpu}, ${memory} MiB, tcg`;
  await writeFile('milestones.txt', milestoneLog(title, ran, result.reached, watched.ending));
  await writeFile('screen.txt', `${result.screen.join('\n')}\n`);
  await writeFile('console.txt', `${result.console.join('\n')}\n`);
  await output('screen', 'screen.png');
  await output('screen-text', 'screen.txt');
  await output('milestones', 'milestones.txt');
  await output('console', 'console.txt');
  const last = result.reached.at(-1)?.milliseconds ?? 0;
  return { reached: result.reached.length, milestones, seconds: (last / 1000).toFixed(1) };
}
