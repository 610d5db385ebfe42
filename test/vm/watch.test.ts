import { describe, expect, it } from 'vitest';
import { LineLog } from '../../src/vm/process/line-log.ts';
import type { Milestone } from '../../src/vm/watch/milestones.ts';
import { watch } from '../../src/vm/watch/watch.ts';

type Sight = Parameters<typeof watch>[0];

/** A guest that writes to its console and its serial line whenever its screen is looked at. */
function guest(...looks: readonly { readonly console?: string; readonly serial?: string }[]): Sight {
  const written = { console: new LineLog(), serial: new LineLog() };
  let look = 0;
  return {
    ...written,
    readSerial: () => Promise.resolve(),
    readScreen: () => {
      const { console = '', serial = '' } = looks[look++] ?? {};
      written.console.push(Buffer.from(console));
      written.serial.push(Buffer.from(serial));
      return Promise.resolve(['nothing of use']);
    },
    readDisplay: () => Promise.resolve({ width: 720, height: 400 }),
    ended: () => false,
  };
}

const milestone = (name: string, pattern: string, where: Milestone['where'] = 'console'): Milestone => ({
  name,
  where,
  pattern,
});

async function watched(sight: Sight, milestones: readonly Milestone[], gaveUp: Milestone['where']) {
  const seen: string[] = [];
  const verdict = await watch(
    sight,
    milestones,
    () => Promise.resolve(),
    [
      { where: 'screen', pattern: 'no kernel' },
      { where: gaveUp, pattern: /^missing: / },
    ],
    (reached) => seen.push(reached.milestone),
    AbortSignal.timeout(10_000),
  );
  return { verdict, seen };
}

describe('a guest that passes milestones and gives up while its screen is looked at', () => {
  const lines = 'Darwin Kernel Version\n[ ok ] command-line "-v"\nmissing: boot-args\n';

  it.each(['console', 'serial'] as const)(
    'has passed them, and what did not come is the one after them: on the %s',
    async (where) => {
      const milestones = [
        milestone('kernel', 'Darwin', where),
        milestone('command-line', '-v', where),
        milestone('handover', 'all 7 seen', where),
      ];
      const { verdict, seen } = await watched(guest({ [where]: lines }), milestones, where);
      expect(seen).toEqual(['kernel', 'command-line']);
      expect(verdict).toMatchObject({
        kind: 'gave-up',
        missing: { name: 'handover' },
        said: 'missing: boot-args',
      });
    },
  );

  it('has passed those of one stream when it gives up on another', async () => {
    const milestones = [milestone('kernel', 'Darwin', 'serial'), milestone('handover', 'all 7 seen')];
    const sight = guest({ serial: 'Darwin Kernel Version\n', console: 'missing: boot-args\n' });
    const { verdict, seen } = await watched(sight, milestones, 'console');
    expect(seen).toEqual(['kernel']);
    expect(verdict).toMatchObject({ kind: 'gave-up', missing: { name: 'handover' } });
  });

  it('is believed when it gives up before a milestone that comes later', async () => {
    const sight = guest({ console: 'missing: boot-args\n' }, { console: 'Darwin Kernel Version\n' });
    const { verdict, seen } = await watched(sight, [milestone('kernel', 'Darwin')], 'console');
    expect(seen).toEqual([]);
    expect(verdict).toMatchObject({ kind: 'gave-up', missing: { name: 'kernel' } });
  });
});
