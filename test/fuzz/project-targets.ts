import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackArchive } from '../../src/archive/unpack.ts';
import { Failure, InvalidError, type Diagnostic } from '../../src/base/index.ts';
import { readRecordFile } from '../../src/engine/history.ts';
import { parseCheckEvent } from '../../src/engine/preconditions/check-script.ts';
import { parseEvent } from '../../src/engine/step/step-process.ts';
import { readRequest } from '../../src/step/request.ts';
import { readPipeline } from '../../src/recipe/files/pipeline-file.ts';
import { readRecipe } from '../../src/recipe/files/recipe-file.ts';
import { parseLockfile } from '../../src/sources/lock/read.ts';
import { listingFault } from '../../src/store/actions/listing-fault.ts';
import { resultFault } from '../../src/store/actions/result-fault.ts';
import { openMemo } from '../../src/store/memo.ts';
import { readSummed, withSum } from '../../src/store/whole-file.ts';
import type { Report } from '../../src/yaml/faults.ts';
import { parseYaml } from '../../src/yaml/parse.ts';

/** The key of the action whose entry is read. */
export const actionKey = 'a1'.repeat(32);

/** Of `,"sum":"…"}`. */
const sumSize = 74;

/** Readers of the files that cidermill keeps, and of those that users write. */
export const projectTargets = {
  /** A directory's listing in the store. */
  listing: (bytes) => {
    const fault = listingFault(parsed(bytes));
    if (fault !== undefined) throw new Failure('listing', fault);
  },
  /** The entry of an action in the store, as one from before sums. */
  action: (bytes) => {
    const fault = resultFault(readSummed(bytes.toString('utf8'), 'allow'), actionKey);
    if (fault !== undefined) throw new Failure('bad-bundle', fault);
  },
  lockfile: (bytes) => {
    const { diagnostics } = parseLockfile(bytes.toString('utf8'), 'lock.yaml');
    if (diagnostics.length > 0) throw new InvalidError(diagnostics);
  },
  /** What happened to a step, as the store keeps it, from before sums. */
  record: (bytes) => {
    const folder = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-record-'));
    try {
      writeFileSync(join(folder, 'step.json'), bytes);
      if (readRecordFile(join(folder, 'step.json')) === undefined)
        throw new Failure('bad-bundle', 'it is damaged');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  /** Facts that the store remembers: with the sum of its bytes as they are, and with the one that is right. */
  facts: async (bytes) => {
    if (readSummed(bytes.toString('utf8')) !== undefined) return;
    const root = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-facts-'));
    try {
      const cut = Math.max(0, bytes.length - sumSize);
      mkdirSync(join(root, 'history'));
      writeFileSync(join(root, 'history/facts.json'), withSum(`${bytes.toString('utf8', 0, cut)}}`));
      const known = openMemo({ root, readOnly: true }, 'facts').get('flock 2.38');
      if (known === undefined) throw new Failure('bad-bundle', 'it is damaged');
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
    await Promise.resolve();
  },
  /** What the engine asks of a step's script. */
  request: (bytes) => {
    parsed(bytes);
    const folder = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-request-'));
    process.env['CIDERMILL_REQUEST'] = join(folder, 'request.json');
    try {
      writeFileSync(join(folder, 'request.json'), bytes);
      readRequest();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  /** What a recipe's check says to the engine, a line each. */
  checks: (bytes) => {
    const events = bytes.toString('utf8').split('\n').map(parseCheckEvent);
    if (events.every((event) => event === undefined)) throw new Failure('bad-bundle', 'no line is an event');
  },
  /** What a step's script says to the engine, a line each. */
  events: (bytes) => {
    const events = bytes.toString('utf8').split('\n').map(parseEvent);
    if (events.every((event) => event === undefined)) throw new Failure('bad-bundle', 'no line is an event');
  },
  recipe: (bytes) => {
    readAs(bytes, (node, report) => readRecipe(node, { ...of, name: 'mill' }, report, () => undefined));
  },
  pipeline: (bytes) => {
    readAs(bytes, (node, report) => readPipeline(node, { ...of, name: 'cider' }, report, () => undefined));
  },
  /** An archive, in a folder that is made for it. */
  tar: async (bytes) => {
    const folder = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-tar-'));
    try {
      writeFileSync(join(folder, 'archive'), bytes);
      mkdirSync(join(folder, 'out'));
      await unpackArchive(join(folder, 'archive'), 'none', join(folder, 'out'), {
        limits: { size: 2 ** 24, entries: 1000 },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
} satisfies Record<string, (bytes: Buffer) => Promise<void> | void>;

const of = { root: '/nowhere', file: 'file.yaml' };

function readAs(
  bytes: Buffer,
  read: (node: NonNullable<ReturnType<typeof parseYaml>>, report: Report) => unknown,
): void {
  const faults: Diagnostic[] = [];
  const report: Report = (code, { file, span }, message, hint) => {
    const told = typeof hint === 'function' ? hint() : hint;
    faults.push({ code, file, span, message, ...(told !== undefined && { hint: told }) });
  };
  const node = parseYaml(bytes.toString('utf8'), 'file.yaml', report);
  if (node !== undefined) read(node, report);
  if (faults.length > 0) throw new InvalidError(faults);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Failure('json', 'it is not JSON');
  }
}
