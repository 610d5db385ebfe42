import type { LockedBuildroot, LockedFile, LockedOrigin } from '../locked.ts';
import { originText } from '../origin.ts';
import { lockVersion, type Lockfile } from './lockfile.ts';

const usualHead = `# Written by \`cidermill lock\`: what every source and every package of a buildroot is, byte for byte.
# Commit it. To take newer ones, change the recipe or run \`cidermill lock\` again.
`;

/** The comment lines that a lockfile begins with; ours where it has none. */
export function headOf(text: string): string {
  const own = /^(?:#[^\n]*\n)+/.exec(text)?.[0];
  return own ?? usualHead;
}

/**
 * Writes a lockfile as JSON below its head, which is YAML as well. One origin or package a line: a diff then shows a
 * change of version as one line, and two branches that lock different things merge.
 */
export function renderLockfile({ sources, buildroots }: Lockfile, head = usualHead): string {
  const body = {
    version: String(lockVersion),
    sources: block(
      '{}',
      sorted(sources).map(([name, origins]) => `${quote(name)}: ${renderOrigins(origins)}`),
      2,
    ),
    buildroots: block(
      '{}',
      sorted(buildroots).map(([name, root]) => `${quote(name)}: ${renderRoot(root)}`),
      2,
    ),
  };
  return `${head}${block(
    '{}',
    Object.entries(body).map(([name, value]) => `${quote(name)}: ${value}`),
    0,
  )}\n`;
}

function renderOrigins(origins: readonly LockedOrigin[]): string {
  const lines = origins.flatMap((locked) => (locked.kind === 'local' ? [] : [line(originEntry(locked))]));
  return block('[]', lines, 4);
}

function originEntry(locked: Exclude<LockedOrigin, { kind: 'local' }>): Record<string, unknown> {
  const suite = locked.kind === 'debian' ? locked.origin.suite : undefined;
  return {
    [locked.kind]: originText(locked.origin),
    ...(suite === undefined ? {} : { suite }),
    ...(locked.kind === 'debian' ? dated(locked) : {}),
    ...(locked.kind === 'git' ? { commit: locked.commit } : {}),
    ...(locked.kind === 'git' || locked.kind === 'svn' ? { tree: locked.tree } : {}),
    files: locked.files.map(fileEntry),
  };
}

function renderRoot({ suite, architecture, at, requested, packages }: LockedBuildroot): string {
  const lines = packages.map((one) => line({ name: one.name, version: one.version, ...fileEntry(one) }));
  return block(
    '{}',
    [
      `"suite": ${quote(suite)}`,
      `"architecture": ${quote(architecture)}`,
      ...(at === undefined ? [] : [`"at": ${quote(at)}`]),
      `"requested": ${line(requested)}`,
      `"packages": ${block('[]', lines, 6)}`,
    ],
    4,
  );
}

function fileEntry({ file, size, sha256, at }: LockedFile): Record<string, unknown> {
  return { file, size, sha256, ...dated({ at }) };
}

function dated({ at }: { readonly at?: string | undefined }): { readonly at?: string } {
  return at === undefined ? {} : { at };
}

/** @param indent of the brackets; what is between them stands two further in */
function block(brackets: string, members: readonly string[], indent: number): string {
  if (members.length === 0) return brackets;
  const [open = '', close = ''] = brackets;
  const lead = ' '.repeat(indent);
  return `${open}\n${members.map((member) => `${lead}  ${member}`).join(',\n')}\n${lead}${close}`;
}

/** JSON on one line, with a space after commas and colons. */
function line(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(line).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${quote(name)}: ${line(member)}`);
  return `{ ${members.join(', ')} }`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** By UTF-16 code units: the same on every machine. */
function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
