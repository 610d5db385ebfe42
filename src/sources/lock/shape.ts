import type { Sha256 } from '../../base/index.ts';
import type { LockedBuildroot, LockedFile, LockedOrigin, LockedPackage } from '../locked.ts';
import { forms, lockedKinds, lockedOrigin } from './forms.ts';
import { emptyLock, lockVersion, type Lockfile } from './lockfile.ts';
import { Part, type LockFault } from './part.ts';

/** Checks the value of a lockfile, all of it at once, and gives what of it is sound. */
export function shapeOf(value: unknown, faults: LockFault[]): Lockfile {
  const top = new Part(value, 'the lockfile', [], faults).only('version', 'sources', 'buildroots');
  const version = top.integer('version');
  if (version !== undefined && version !== lockVersion) {
    const message = `This cidermill reads lockfiles of version ${lockVersion}, not ${version}.`;
    faults.push({ code: 'lock-version', message, path: ['version'] });
    return emptyLock;
  }
  const sources = new Map<string, LockedOrigin[]>();
  for (const [name, origins] of top.section('sources')) {
    const found = origins.items(`an origin of ${name}`).map((origin) => readOrigin(origin, name));
    sources.set(name, sound(found));
  }
  const buildroots = new Map<string, LockedBuildroot>();
  for (const [name, root] of top.section('buildroots')) {
    const found = readBuildroot(root.called(`the buildroot ${name}`), name);
    if (found !== undefined) buildroots.set(name, found);
  }
  return { sources, buildroots };
}

function readOrigin(part: Part, source: string): LockedOrigin | undefined {
  const before = part.faults.length;
  part.only(...lockedKinds, 'suite', 'at', 'commit', 'tree', 'files');
  if (part.faults.length > before) return undefined;
  const [kind, second] = lockedKinds.filter((one) => part.has(one));
  if (kind === undefined || second !== undefined) {
    part.report('missing-key', `An origin of ${source} must have one of ${lockedKinds.join(', ')}.`);
    return undefined;
  }
  const text = part.text(kind, kind === 'url' ? forms.url : forms.versioned);
  const files = part
    .list('files', `a file of ${source}`)
    .map((one) => readFile(one.only('file', 'size', 'sha256', 'at')));
  const commit = kind === 'git' ? part.text('commit', forms.commit) : undefined;
  const tree = kind === 'git' || kind === 'svn' ? part.text('tree', forms.sha256) : undefined;
  const suite = part.has('suite') ? part.text('suite') : undefined;
  if (files.length === 0 || (kind !== 'debian' && files.length !== 1))
    part.report('wrong-type', `An origin of ${source} has ${files.length} files.`, 'files');
  if (part.faults.length > before || text === undefined) return undefined;
  const at = part.has('at') ? part.text('at', forms.date) : undefined;
  if (part.faults.length > before) return undefined;
  const pinned = { suite, at, commit, tree: tree as Sha256 | undefined, files: sound(files) };
  return lockedOrigin(kind, text, pinned);
}

function readFile(part: Part): LockedFile | undefined {
  const file = part.text('file', forms.file);
  const size = part.integer('size');
  const sha256 = part.text('sha256', forms.sha256) as Sha256 | undefined;
  const at = part.has('at') ? part.text('at', forms.date) : undefined;
  if (file === undefined || size === undefined || sha256 === undefined) return undefined;
  return { file, size, sha256, ...(at === undefined ? {} : { at }) };
}

function readPackage(part: Part): LockedPackage | undefined {
  const [name, version, file] = [part.text('name'), part.text('version'), readFile(part)];
  return name === undefined || version === undefined || file === undefined
    ? undefined
    : { name, version, ...file };
}

function readBuildroot(part: Part, name: string): LockedBuildroot | undefined {
  const before = part.faults.length;
  part.only('suite', 'architecture', 'at', 'requested', 'packages');
  const suite = part.text('suite');
  const at = part.has('at') ? part.text('at', forms.date) : undefined;
  const architecture = part.text('architecture');
  const requested = part.words('requested');
  const packages = part
    .list('packages', `a package of the buildroot ${name}`)
    .map((one) => readPackage(one.only('name', 'version', 'file', 'size', 'sha256', 'at')));
  if (part.faults.length > before || suite === undefined || architecture === undefined) return undefined;
  const dated = at === undefined ? {} : { at };
  return { kind: 'packages', suite, architecture, ...dated, requested, packages: sound(packages) };
}

function sound<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
