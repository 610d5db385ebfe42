import { writeFile } from 'node:fs/promises';
import type { Step } from 'cidermill/step';
import { boot, milestoneLog, type BootRequest } from '#vm';

/** What differs from one boot to the other. */
export interface Watched {
  readonly watch: Pick<BootRequest, 'milestones' | 'givesUp' | 'exit' | 'drawsText'>;
  /** The first words of the report, and its last line. */
  readonly title: string;
  readonly ending: string;
}

interface Machine extends Watched {
  /** QEMU's. */
  readonly args: readonly string[];
  /** What ran beside QEMU, by what it is called in the report: a file each. */
  readonly ran: Readonly<Record<string, string>>;
}

export interface Booted {
  readonly reached: number;
  readonly milestones: number;
  /** Until the last milestone. */
  readonly seconds: string;
  /** The text on the screen when the boot ended. */
  readonly screen: readonly string[];
}

/**
 * Boots a machine on the QEMU of the input qemu, within the parameter timeout, and puts out what was seen: screen,
 * milestones, console.
 */
export async function bootAndReport(here: Step, machine: Machine): Promise<Booted> {
  const { $, input, number, spawn, output, progress } = here;
  const program = `${input('qemu')}/bin/qemu-system-x86_64`;

  // What ran is told by digest.
  const digests = (await $`sha256sum ${[program, ...Object.values(machine.ran)]}`).stdout.split('\n');
  const ran = ['qemu-system-x86_64', ...Object.keys(machine.ran)].map((name, index) => ({
    name,
    digest: digests[index]?.slice(0, 64) ?? '',
  }));

  const milestones = machine.watch.milestones.filter((each) => !('kind' in each)).length;
  let seen = 0;
  const result = await boot({
    ...machine.watch,
    // snapshot=on keeps what the guest writes in a temporary file; QEMU wants it in /var/tmp, which is read-only here.
    spawn: (command, args, options) => spawn('env', ['TMPDIR=.', command, ...args], options),
    command: program,
    args: machine.args,
    folder: process.cwd(),
    milliseconds: number('timeout') * 1000,
    screenshot: 'screen.png',
    onReached: ({ milestone }) => progress(++seen, milestones, 'milestones', milestone),
  });

  await writeFile('milestones.txt', milestoneLog(machine.title, ran, result.reached, machine.ending));
  await writeFile('console.txt', `${result.console.join('\n')}\n`);
  await output('screen', 'screen.png');
  await output('milestones', 'milestones.txt');
  await output('console', 'console.txt');
  const last = result.reached.at(-1)?.milliseconds ?? 0;
  return {
    reached: result.reached.length,
    milestones,
    seconds: (last / 1000).toFixed(1),
    screen: result.screen,
  };
}
