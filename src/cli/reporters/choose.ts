import { wantsColour } from '../../text/colours.ts';
import type { PlaceOf } from './ci/places.ts';
import { ciSystem } from './ci/system.ts';
import { jsonReporter } from './json.ts';
import { plainReporter } from './plain.ts';
import type { Reporter, TerminalSink } from './reporter.ts';

/**
 * The reporter for where the output goes: NDJSON when asked for, the log of a CI system in one, the live view on a terminal that can move its cursor,
 * else plain lines. The live view gives the cursor back even when the process exits in its midst.
 */
export async function chooseReporter(options: {
  readonly json: boolean;
  readonly stdout: TerminalSink & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** Absolute; paths below it are shown relative to it. */
  readonly folder?: string;
  /** For annotations in CI. */
  readonly placeOf?: PlaceOf;
}): Promise<Reporter> {
  const { json, stdout, env, folder = process.cwd() } = options;
  if (json) return jsonReporter(stdout);
  const isTerminal = stdout.isTTY === true;
  const colour = wantsColour(env, isTerminal);
  const system = ciSystem(env);
  if (system !== undefined) {
    const { ciReporter } = await import('./ci/log.ts');
    return ciReporter(stdout, {
      system,
      colour,
      folder,
      ...(options.placeOf && { placeOf: options.placeOf }),
    });
  }
  if (!isTerminal || env['TERM'] === 'dumb' || isSet(env['CI']))
    return plainReporter(stdout, { colour, folder });

  const { ttyReporter } = await import('./terminal/tty.ts');
  // The Linux console's font has no braille.
  const reporter = ttyReporter(stdout, { colour, unicode: env['TERM'] !== 'linux', folder });
  const onExit = (): void => reporter.close();
  process.once('exit', onExit);
  return {
    take: (event) => reporter.take(event),
    close: () => {
      process.off('exit', onExit);
      reporter.close();
    },
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}
