import { run } from '../../host/programs/program.ts';
import type { Circumstances } from './circumstances.ts';
import { clockAhead, type Unvaried } from './variation.ts';

const milliseconds = 30_000;
const day = 86_400;

/** How a step's commands are started. */
export interface Commands {
  readonly launcher: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Looks through the eyes of a step's commands whether the clock and the locale are other ones: both come from outside,
 * and a library or a locale that does not fit the root is passed over without a word.
 * @returns what was meant to be varied and is not
 */
export async function observe(
  { varied }: Circumstances,
  commands: Commands | undefined,
): Promise<Unvaried[]> {
  const asked = varied.filter((each) => each === 'clock' || each === 'locale');
  if (commands === undefined || asked.length === 0) return [];
  const look = 'date +%s; printf "t\\nz\\n" | sort | head -n 1';
  const [program, ...args] = [...commands.launcher, 'sh', '-c', look];
  const ended = await run(program, args, {
    onlyEnvironment: { ...commands.environment },
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
