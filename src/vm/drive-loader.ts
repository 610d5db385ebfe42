import { LineLog } from './process/line-log.ts';
import { QmpSession } from './process/qmp.ts';
import { perform } from './screen/perform.ts';
import { takeScreenshot } from './screen/screenshot.ts';
import { readTextScreen } from './screen/text-screen.ts';
import { BootFailure } from './watch/boot-failure.ts';
import { describeStep, type BootStep } from './watch/boot-step.ts';
import type { Milestone } from './watch/milestones.ts';
import { watch } from './watch/watch.ts';

/** What is seen and done in a loader's menu, on the screen alone. */
export interface LoaderDrive {
  readonly steps: readonly BootStep[];
  /** What the loader writes when the rest will not come. */
  readonly givesUp: readonly Omit<Milestone, 'name'>[];
}

/**
 * Drives the loader's menu of a QEMU that runs in the foreground.
 * @param socket of its QMP monitor
 * @param folder where QEMU may write, by this same path
 * @param signal ends it: the guest has ended, or nobody waits any more
 * @throws BootFailure that names the step which did not come
 */
export async function driveLoader(
  socket: string,
  folder: string,
  { steps, givesUp }: LoaderDrive,
  signal: AbortSignal,
): Promise<void> {
  const qmp = await QmpSession.open(socket, { signal });
  const limits = { signal, sharesPaths: true };
  const nothing = new LineLog();
  try {
    const verdict = await watch(
      {
        console: nothing,
        serial: nothing,
        readSerial: () => Promise.resolve(),
        readScreen: () => readTextScreen(qmp, folder, limits),
        readDisplay: () => takeScreenshot(qmp, folder, 'display.png', limits),
        ended: () => false,
      },
      steps,
      (action) => perform(qmp, folder, action, limits),
      givesUp,
      () => undefined,
      signal,
    );
    if (verdict.kind === 'all-seen') return;
    const said = verdict.kind === 'gave-up' ? `; the loader says "${verdict.said.trim()}"` : '';
    throw new BootFailure('loader-not-driven', `${describeStep(verdict.missing)} did not come${said}`, {
      reached: [],
      console: [],
      serial: [],
      errors: [],
      screen: await readTextScreen(qmp, folder, limits),
    });
  } finally {
    qmp.close();
  }
}
