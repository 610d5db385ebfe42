import { Command } from 'commander';
import type { QueueState, Survey } from '../../../workers/coordinator/survey.ts';
import { formatBytes, formatDuration } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

export function workersCommand(): Command {
  return new Command('workers')
    .description('Show the workers that share a Redis: what they can do, what they make, and what waits.')
    .argument('<address>', 'their Redis: redis://… or rediss://…')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  cidermill workers rediss://viewer@redis.example.org

Exit codes: 0 done, 1 Redis does not answer, 2 wrong use`,
    )
    .action(async (address: string, flags: { readonly json?: boolean }) => {
      const [{ readAddress }, { connect }, { survey }] = await Promise.all([
        import('../../../workers/redis/address.ts'),
        import('../../../workers/redis/connection.ts'),
        import('../../../workers/coordinator/survey.ts'),
      ]);
      const redis = await connect(readAddress(address));
      try {
        const found = await survey(redis);
        console.log(
          flags.json === true ? JSON.stringify(found, null, 2) : lines(found, Date.now()).join('\n'),
        );
      } finally {
        redis.disconnect();
      }
    });
}

function lines({ workers, queues, doubts }: Survey, now: number): string[] {
  return [
    ...(workers.length === 0 ? ['no worker is there'] : []),
    ...workers.flatMap(({ worker, version, build, platform, kvm, disk, cache, slots, running }) => [
      `${printable(worker)}  cidermill ${printable(version)} (${printable(build)}), ${printable(platform)}${kvm ? ', kvm' : ''}, ` +
        `${formatBytes(disk)} free, ${running.length} of ${slots} at work${cache ? '' : ', does not reach the shared cache'}`,
      ...running.map(
        ({ step, since }) => `  ${printable(step)}, for ${formatDuration(Math.max(0, now - since))}`,
      ),
    ]),
    ...queues.map(queueLine),
    ...doubts.flatMap(({ key, worker, differs }) =>
      differs.map(
        ({ output, here, there }) =>
          `not reproducible: ${printable(output)} of ${printable(key.slice(0, 12))}: ${printable(there)} is kept, ` +
          `${printable(worker)} made ${printable(here)}`,
      ),
    ),
  ];
}

function queueLine({ queue, waiting, running, lack }: QueueState): string {
  const counts = `${waiting} waiting, ${running} at work`;
  return `queue ${printable(queue)}: ${counts}${lack === undefined ? '' : `; ${lack}`}`;
}
