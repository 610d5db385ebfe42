import { readFileSync } from 'node:fs';
import { isCollection, isMap, isScalar, parseDocument, type Document, type Node } from 'yaml';
import type { Diagnostic, Span } from '../../base/index.ts';
import { emptyLock, type Lockfile } from './lockfile.ts';
import { headOf, renderLockfile } from './render.ts';
import type { LockFault } from './part.ts';
import { shapeOf } from './shape.ts';

export interface ReadLock {
  readonly lock: Lockfile;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Far above a lockfile of a thousand packages and a hundred sources; characters. */
const largestLock = 4 << 20;

const hint = '`cidermill lock` writes this file: delete the entry and lock it again.';

/**
 * Reads the lockfile; one that is not there is an empty one.
 * @param file its name for the user
 */
export function readLockfile(path: string, file: string): ReadLock {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { lock: emptyLock, text: '', diagnostics: [] };
    throw error;
  }
  return parseLockfile(text, file);
}

/**
 * Reads a lockfile's text. A run does it every time it starts, so what is byte for byte as `renderLockfile` writes it
 * is taken as JSON. Anything else, the YAML of earlier versions or a merge gone wrong, is taken as YAML, which JSON is
 * too: slower, and with the place of every fault.
 */
export function parseLockfile(text: string, file: string): ReadLock {
  if (text.length > largestLock) {
    const message = `The lockfile is too large: more than ${largestLock} characters.`;
    return failed(text, [{ code: 'too-large', message, file, span: { start: 0, end: 1 }, hint }]);
  }
  const lock = readAsWritten(text);
  return lock === undefined ? readAsYaml(text, file) : { lock, text, diagnostics: [] };
}

/** Reads what `renderLockfile` has written; undefined for anything else. */
export function readAsWritten(text: string): Lockfile | undefined {
  const head = headOf(text);
  if (!text.startsWith(`${head}{`)) return undefined;
  try {
    const faults: LockFault[] = [];
    const lock = shapeOf(JSON.parse(text.slice(head.length)) as unknown, faults);
    return faults.length === 0 && renderLockfile(lock, head) === text ? lock : undefined;
  } catch {
    // Not JSON: YAML says what it is.
    return undefined;
  }
}

/** Reads a lockfile of any form that YAML allows. */
export function readAsYaml(text: string, file: string): ReadLock {
  // Failsafe: a version such as 1.10 is text and not a number.
  const document = parseDocument<Node>(text, { version: '1.2', schema: 'failsafe', logLevel: 'silent' });
  const diagnostics = document.errors.map(({ pos: [start, end], message }): Diagnostic => {
    const [summary = message] = message.split('\n');
    const span = { start, end: Math.max(start + 1, end) };
    return { code: 'yaml-syntax', message: summary.replace(/ at line .*$/, '.'), file, span, hint };
  });
  if (diagnostics.length > 0) return failed(text, diagnostics);
  if (document.contents === null) return { lock: emptyLock, text, diagnostics: [] };
  const faults: LockFault[] = [];
  const lock = shapeOf(valueOf(document, faults), faults);
  for (const { code, message, path, at } of faults)
    diagnostics.push({ code, message, file, span: spanOf(document, path, at), hint });
  return { lock, text, diagnostics };
}

function failed(text: string, diagnostics: readonly Diagnostic[]): ReadLock {
  return { lock: emptyLock, text, diagnostics };
}

/** Aliases are refused: a lockfile has none, and they can make a small file enormous. */
function valueOf(document: Document, faults: LockFault[]): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch {
    faults.push({ code: 'yaml-syntax', message: 'A lockfile has no aliases.', path: [] });
    return { version: '1' };
  }
}

/** Where the value at a path stands, or its key; the nearest that there is, where it is missing. */
function spanOf(document: Document, path: LockFault['path'], at: LockFault['at']): Span {
  let node: Node | null = document.contents;
  for (const [index, step] of path.entries()) {
    if (at === 'key' && index === path.length - 1 && isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      node = (pair?.key as Node | undefined) ?? node;
      break;
    }
    const next: unknown = isCollection(node) ? node.get(step, true) : undefined;
    if (next === undefined || next === null) break;
    node = next as Node;
  }
  const [start, end] = node?.range ?? [0, 1];
  return { start, end: Math.max(start + 1, end) };
}
