import { writeFile } from 'node:fs/promises';
import type { Step } from 'cidermill/step';
import { smcConfiguration, smokeArguments } from '#vm';
import { bootAndReport, type Booted, type Watched } from './boot-and-report.ts';
import { sizeOfOneFile } from './one-file.ts';

/** What is started with -kernel. */
interface Started extends Watched {
  /** The input, and what it is called in the report. */
  readonly kernel: string;
  readonly called: string;
}

/**
 * Boots the machine that a step's parameters (machine, cpu, cpus, memory, osk, timeout) and inputs (qemu, bios, iso,
 * disk) make, and puts out what was seen: screen, screen-text, milestones, console.
 */
export async function bootMachine(here: Step, started: Started): Promise<Booted> {
  const { $, input, text, number, output } = here;
  const [qemu, bios, iso, disk] = [input('qemu'), input('bios'), input('iso'), input('disk')] as const;
  const kernel = input(started.kernel);
  const [machine, cpu, cpus] = [text('machine'), text('cpu'), number('cpus')] as const;
  const memory = Math.floor(number('memory') / 2 ** 20);

  await sizeOfOneFile($, qemu, disk);
  await writeFile('smc.cfg', smcConfiguration(text('osk')), { mode: 0o600 });
  const args = smokeArguments({
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
  });
  const booted = await bootAndReport(here, {
    ...started,
    args,
    ran: { firmware: bios, [started.called]: kernel },
    title: `${started.title}: ${machine}, ${cpus} x ${cpu}, ${memory} MiB, tcg`,
  });
  await writeFile('screen.txt', `${booted.screen.join('\n')}\n`);
  await output('screen-text', 'screen.txt');
  return booted;
}
