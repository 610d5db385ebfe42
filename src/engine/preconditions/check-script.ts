import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Place } from '../../base/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { Located } from '../../yaml/located.ts';
import type { CheckEvent, CheckRequest } from '../../step/check-protocol.ts';
import { protocolVersion } from '../../step/protocol.ts';
import { removeFolder, temporaryFolder } from '../../store/index.ts';
import { sandboxFault, packageRoot } from '../../host/index.ts';
import { readyScript, scriptPlace, type ReadyScript } from '../script/ready-script.ts';
import { nodeRuntime } from '../step/node-runtime.ts';
import { privateFolder, sandboxCommand, standardSandbox, stepFolder } from '../step/sandbox.ts';
import type { RunContext } from '../context.ts';
import type { Finding } from './finding.ts';

/** A check looks at what is there; it does no work. Milliseconds, with room for a machine that is busy. */
const longest = 30_000;
/** As much of a run's context as a check needs. */
export type CheckContext = Pick<RunContext, 'store' | 'onHost' | 'signal'>;

/** What a check writes beyond this is not read; bytes of a line, number of lines. */
const [longestLine, mostLines] = [65_536, 200];

/**
 * Runs the check that a step's recipe names, with the step's parameters and what of its sources and inputs is here
 * already, in a sandbox that shows those at their own paths. Where no sandbox can be made, a project's check
 * runs on the host if its steps do; else it does not run, and a note says so.
 */
export async function runCheck(
  { store, onHost, signal }: CheckContext,
  step: PlannedStep,
): Promise<Finding[]> {
  const { check, root } = step.recipe;
  if (check === undefined) return [];
  const folder = temporaryFolder(store, 'check');
  try {
    const request = requestOf(step);
    for (const name of ['build', 'script']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'request.json'), JSON.stringify(request), { mode: 0o600 });
    const sandboxed = sandboxFault() === undefined;
    if (!sandboxed && !onHost && root !== packageRoot) return [notRun(step, check)];
    const place = scriptPlace({ ...step.recipe, script: check });
    const seenAt = sandboxed ? privateFolder : packageRoot;
    const script = await readyScript(place, join(folder, 'script'), seenAt);
    const [program = '', ...args] = sandboxed
      ? inSandbox(script, request, folder)
      : [process.execPath, ...script.arguments(packageRoot)];
    const child = spawn(program, args, {
      cwd: join(folder, 'build'),
      env: { PATH: process.env['PATH'], CIDERMILL_REQUEST: join(folder, 'request.json') },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(longest)]),
      killSignal: 'SIGKILL',
    });
    child.stdin.on('error', () => undefined);
    child.stdin.write('go\n');
    const events: CheckEvent[] = [];
    const said: string[] = [];
    const read = [
      eachLine(child.stdout, (line) => said.push(line)),
      eachLine(child.stderr, (line) => said.push(line)),
      eachLine(child.stdio[3] as Readable, (line) => {
        const event = parseCheckEvent(line);
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

function inSandbox(script: ReadyScript, request: CheckRequest, folder: string): string[] {
  const runtime = nodeRuntime(privateFolder);
  const given = [...Object.values(request.sources), ...Object.values(request.inputs)];
  const here = given.filter((path) => path !== null && existsSync(path)) as string[];
  const files = [
    ...runtime.files,
    ...script.shown(privateFolder),
    ...here.map((path) => [path, path] as const),
  ];
  const environment = { ...standardSandbox.environment, CIDERMILL_REQUEST: `${stepFolder}/request.json` };
  const shown = { sources: {}, inputs: {}, stepFolder: folder, files };
  return [
    ...sandboxCommand(shown, { ...standardSandbox, environment }),
    ...runtime.command,
    ...script.arguments(privateFolder),
  ];
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

/** A project's scripts do not run outside of a sandbox unasked. */
function notRun(step: PlannedStep, check: Located<string>): Finding {
  const message = `the check ${check.value} was not run: no sandbox can be made here, and only cidermill's own checks run without one`;
  return { state: 'note', what: check.value, message, steps: [step.name], place: placeIn(check) };
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
export function parseCheckEvent(line: string): CheckEvent | undefined {
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
