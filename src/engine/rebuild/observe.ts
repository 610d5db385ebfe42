import { run } from '../../host/program.ts';
import type { StepRequest } from '../../step/protocol.ts';
import type { Circumstances } from './circumstances.ts';
import { clockAhead, type Unvaried } from './variation.ts';

const milliseconds = 30_000;
const day = 86_400;

/**
 * Looks through the eyes of a step's commands whether the clock and the locale are other ones: both come from outside,
 * and a library or a locale that does not fit the root is passed over without a word.
 * @returns what was meant to be varied and is not
 */
export async function observe(
  { varied }: Circumstances,
  { commandPrefix, commandEnvironment }: StepRequest,
): Promise<Unvaried[]> {
  const asked = varied.filter((each) => each === 'clock' || each === 'locale');
  if (commandPrefix === null || asked.length === 0) return [];
  const look = 'date +%s; printf "t\\nz\\n" | sort | head -n 1';
  const [program, ...args] = [...commandPrefix, 'sh', '-c', look];
  const ended = await run(program, args, {
    onlyEnvironment: { ...commandEnvironment },
    timeout: milliseconds,
  }).catch(() => undefined);
  const [seconds = '', first = ''] = ended?.exitCode === 0 ? ended.stdout.split('\n') : [];
  const off = Math.abs(Number(seconds) - (Date.now() / 1000 + clockAhead));
  const found: (Unvaried | false)[] = [
    asked.includes('clock') && !(off < day) && { variation: 'clock', why: 'libfaketime does not work there' },
    asked.includes('locale') &&
      first !== 'z' && { variation: 'locale', why: 'the other locale does not work there' },
  ];
  return found.filter((each) => each !== false);
}
