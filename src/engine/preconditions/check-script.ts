import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Place } from '../../base/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { CheckEvent, CheckRequest } from '../../step/check-protocol.ts';
import { protocolVersion } from '../../step/protocol.ts';
import { removeFolder, temporaryFolder, type Store } from '../../store/index.ts';
import { nodeArguments, scriptEnvironment } from '../step/step-process.ts';
import type { Finding } from './finding.ts';

/** A check looks at what is there; it does no work. Milliseconds. */
const longest = 10_000;
/** What a check writes beyond this is not read; bytes of a line, number of lines. */
const [longestLine, mostLines] = [65_536, 200];

/**
 * Runs the check that a step's recipe names, with the step's parameters and what of its sources and inputs is here
 * already. Gives nothing for a recipe without one.
 */
export async function runCheck(store: Store, step: PlannedStep, signal: AbortSignal): Promise<Finding[]> {
  const { check, root } = step.recipe;
  if (check === undefined) return [];
  const folder = temporaryFolder(store, 'check');
  try {
    const [work, requestFile] = [join(folder, 'work'), join(folder, 'request.json')];
    mkdirSync(work);
    writeFileSync(requestFile, JSON.stringify(requestOf(step)), { mode: 0o600 });
    const child = spawn(process.execPath, nodeArguments(join(root, check.value)), {
      cwd: work,
      env: { ...scriptEnvironment(), CIDERMILL_REQUEST: requestFile },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(longest)]),
      killSignal: 'SIGKILL',
    });
    const events: CheckEvent[] = [];
    const said: string[] = [];
    const read = [
      eachLine(child.stdout as Readable, (line) => said.push(line)),
      eachLine(child.stderr as Readable, (line) => said.push(line)),
      eachLine(child.stdio[3] as Readable, (line) => {
        const event = parseEvent(line);
        if (event !== undefined) events.push(event);
      }),
    ];
    const ended = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) =>
        resolve(error.name === 'AbortError' ? `it did not end within ${longest / 1000} s` : error.message),
      );
      child.once('exit', (code, by) =>
        resolve(code === 0 ? undefined : `it ended with ${by ?? `exit code ${code ?? ''}`}`),
      );
    });
    signal.throwIfAborted();
    await Promise.all(read);
    return [...findingsOf(step, events), ...failureOf(step, events, ended, said)];
  } finally {
    await removeFolder(folder);
  }
}

function requestOf(step: PlannedStep): CheckRequest {
  const sources = [...step.recipe.sources].map(([name, { origins }]) => {
    const origin = origins[0]?.value;
    return [
      name,
      origin?.kind === 'local' ? (origin.folder ?? join(step.recipe.root, origin.path)) : null,
    ] as const;
  });
  const inputs = [...step.inputs].map(
    ([name, { value }]) => [name, value.kind === 'file' ? value.path : null] as const,
  );
  return {
    protocol: protocolVersion,
    step: step.name,
    parameters: Object.fromEntries([...step.parameters].map(([name, { value }]) => [name, value])),
    sources: Object.fromEntries(sources),
    inputs: Object.fromEntries(inputs),
  };
}

function findingsOf(step: PlannedStep, events: readonly CheckEvent[]): Finding[] {
  return events.flatMap((event): Finding[] => {
    if (event.type === 'failure') return [];
    const place = event.about === undefined ? undefined : placeOf(step, event.about);
    return [
      {
        state: event.type,
        what: event.about ?? step.name,
        message: event.message,
        steps: [step.name],
        ...(event.hint === undefined ? {} : { hint: event.hint }),
        ...(place === undefined ? {} : { place }),
      },
    ];
  });
}

/** A check that fails has found nothing out; that is a fault of its own. */
function failureOf(
  step: PlannedStep,
  events: readonly CheckEvent[],
  ended: string | undefined,
  said: readonly string[],
): Finding[] {
  const { check } = step.recipe;
  if (ended === undefined || check === undefined) return [];
  const failure = events.find(({ type }) => type === 'failure')?.message;
  const tail = failure === undefined && said.length > 0 ? `\n${said.slice(-5).join('\n')}` : '';
  const message = `the check ${check.value} failed: ${failure ?? ended}${tail}`;
  return [{ state: 'fault', what: check.value, message, steps: [step.name], place: placeIn(check) }];
}

/** Where the user, or else the recipe, says what a source, an input or a parameter is. */
function placeOf(step: PlannedStep, name: string): Place | undefined {
  const found =
    step.parameters.get(name) ?? step.inputs.get(name) ?? step.recipe.sources.get(name)?.origins[0];
  return found && placeIn(found);
}

function placeIn({ file, span }: Place): Place {
  return { file, span };
}

function eachLine(stream: Readable, take: (line: string) => void): Promise<unknown> {
  let lines = 0;
  const reader = createInterface({ input: stream, crlfDelay: Infinity });
  reader.on('line', (line) => {
    lines += 1;
    if (lines <= mostLines && line.length <= longestLine) take(line);
  });
  return new Promise((resolve) => reader.once('close', resolve));
}

/** An event whose fields are what their type says: the script is not ours to trust. */
function parseEvent(line: string): CheckEvent | undefined {
  let event: Partial<Record<string, unknown>> | null;
  try {
    event = JSON.parse(line) as Partial<Record<string, unknown>> | null;
  } catch {
    return undefined;
  }
  const { type, message, about, hint } = event ?? {};
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  const known = type === 'fault' || type === 'note' || type === 'failure';
  if (!known || typeof message !== 'string' || !isText(about) || !isText(hint)) return undefined;
  return event as unknown as CheckEvent;
}
