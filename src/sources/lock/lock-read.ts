import { readFileSync } from 'node:fs';
import { isScalar, parseDocument, type Node } from 'yaml';
import { isSha256, type Diagnostic, type Sha256 } from '../../base/index.ts';
import { emptyLock, lockVersion, type Lockfile, type LockEntry } from './lock.ts';
import { forms, lockedKinds, originOf } from './lock-forms.ts';
import { readQuickly } from './lock-quick.ts';
import { fault, Fields, type LockFaults, type Value } from './lock-fields.ts';
import type { LockedBuildroot, LockedFile, LockedPackage } from '../locked.ts';

export interface ReadLock {
  readonly lock: Lockfile;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Far above a lock of a thousand packages and a hundred sources. */
const largestLock = 4 << 20;

/**
 * Reads the lockfile; one that is not there is an empty one.
 * @param file its name for the user
 */
export function readLock(path: string, file: string): ReadLock {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { lock: emptyLock, text: '', diagnostics: [] };
    throw error;
  }
  const lock = text.length > largestLock ? undefined : readQuickly(text);
  return lock === undefined ? parseLock(text, file) : { lock, text, diagnostics: [] };
}

/** Reads a lockfile of any form YAML allows. */
export function parseLock(text: string, file: string): ReadLock {
  const faults: LockFaults = { file, diagnostics: [] };
  if (text.length > largestLock) {
    fault(
      faults,
      'too-large',
      undefined,
      `A lockfile of more than ${largestLock} characters is none of ours.`,
    );
    return { lock: emptyLock, text, diagnostics: faults.diagnostics };
  }
  const document = parseDocument<Node>(text, { version: '1.2', logLevel: 'silent' });
  for (const { pos, message } of document.errors) {
    const summary = message.split('\n')[0] ?? message;
    fault(
      faults,
      'yaml-syntax',
      { start: pos[0], end: Math.max(pos[0] + 1, pos[1]) },
      summary.replace(/ at line .*$/, '.'),
    );
  }
  const lock =
    faults.diagnostics.length > 0 || document.contents === null
      ? emptyLock
      : readTop(document.contents, faults);
  return { lock, text, diagnostics: faults.diagnostics };
}

function readTop(contents: Node, faults: LockFaults): Lockfile {
  const top = new Fields(contents, 'the lockfile', ['version', 'sources', 'buildroots'], faults);
  const version = top.integer('version');
  if (version !== undefined && version !== lockVersion) {
    const message = `This cidermill reads lockfiles of version ${lockVersion}, not ${version}.`;
    fault(faults, 'lock-version', top.value('version'), message);
    return emptyLock;
  }
  const sources = new Map<string, LockEntry[]>();
  const listed = section(top, 'sources', faults);
  for (const name of listed?.names ?? []) {
    const entries = listed?.list(name).map((entry) => readEntry(entry, name, faults)) ?? [];
    sources.set(
      name,
      entries.filter((entry) => entry !== undefined),
    );
  }
  const buildroots = new Map<string, LockedBuildroot>();
  const roots = section(top, 'buildroots', faults);
  for (const name of roots?.names ?? []) {
    const buildroot = readBuildroot(roots?.value(name), name, faults);
    if (buildroot !== undefined) buildroots.set(name, buildroot);
  }
  return { sources, buildroots };
}

function section(top: Fields, name: string, faults: LockFaults): Fields | undefined {
  const node = top.value(name);
  // `sources:` with nothing after it.
  const empty = node == null || (isScalar(node) && (node.value === null || node.value === name));
  return empty ? undefined : new Fields(node, `the section "${name}"`, 'any', faults);
}

function readEntry(node: Value, source: string, faults: LockFaults): LockEntry | undefined {
  const before = faults.diagnostics.length;
  const what = `an origin of ${source}`;
  const fields = new Fields(node, what, [...lockedKinds, 'suite', 'commit', 'tree', 'files'], faults);
  const [kind, second] = lockedKinds.filter((one) => fields.has(one));
  if (faults.diagnostics.length > before) return undefined;
  if (kind === undefined || second !== undefined) {
    fault(faults, 'missing-key', node, `An origin of ${source} must have one of ${lockedKinds.join(', ')}.`);
    return undefined;
  }
  const text = fields.text(kind, kind === 'url' ? forms.url : forms.versioned);
  const files = fields
    .list('files')
    .map((file) => readFile(new Fields(file, `a file of ${source}`, fileKeys, faults)));
  const exported = kind === 'git' || kind === 'svn';
  const commit = kind === 'git' ? fields.text('commit', forms.commit) : undefined;
  const tree = exported ? digest(fields, 'tree') : undefined;
  const suite = fields.has('suite') ? fields.text('suite') : undefined;
  if (files.length === 0 || (kind !== 'debian' && files.length !== 1)) {
    fault(
      faults,
      'wrong-type',
      fields.value('files') ?? node,
      `An origin of ${source} has ${files.length} files.`,
    );
  }
  if (faults.diagnostics.length > before || text === undefined) return undefined;
  return {
    origin: originOf(kind, text, suite),
    files: files.filter((file) => file !== undefined),
    ...(commit === undefined ? {} : { commit }),
    ...(tree === undefined ? {} : { tree }),
  };
}

const fileKeys = ['file', 'size', 'sha256'];

function readFile(fields: Fields): LockedFile | undefined {
  const file = fields.text('file', forms.file);
  const size = fields.integer('size');
  const sha256 = digest(fields, 'sha256');
  return file === undefined || size === undefined || sha256 === undefined
    ? undefined
    : { file, size, sha256 };
}

function digest(fields: Fields, name: string): Sha256 | undefined {
  const text = fields.text(name, forms.sha256);
  return text !== undefined && isSha256(text) ? text : undefined;
}

function readBuildroot(node: Value, name: string, faults: LockFaults): LockedBuildroot | undefined {
  const before = faults.diagnostics.length;
  const what = `the buildroot ${name}`;
  const fields = new Fields(node, what, ['suite', 'architecture', 'requested', 'packages'], faults);
  const suite = fields.text('suite');
  const architecture = fields.text('architecture');
  const requested = fields.list('requested').map((item) => {
    if (isScalar(item) && typeof item.value === 'string') return item.value;
    fault(faults, 'wrong-type', item, `"requested" of ${what} must hold names of packages.`);
    return '';
  });
  const packages = fields.list('packages').map((item): LockedPackage | undefined => {
    const one = new Fields(item, `a package of ${what}`, ['name', 'version', ...fileKeys], faults);
    const [packageName, version, file] = [one.text('name'), one.text('version'), readFile(one)];
    if (packageName === undefined || version === undefined || file === undefined) return undefined;
    return { name: packageName, version, ...file };
  });
  if (faults.diagnostics.length > before || suite === undefined || architecture === undefined)
    return undefined;
  return {
    suite,
    architecture,
    requested,
    packages: packages.filter((one) => one !== undefined),
  };
}
