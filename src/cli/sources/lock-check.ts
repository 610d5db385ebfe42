import type { CheckedFile } from '../../engine/index.ts';
import type { Check } from '../../host/index.ts';
import { openMemo, type Store } from '../../store/index.ts';
import { formatCount } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';

/** How many pinned files there are of each kind, each digest once an entry. */
interface Counts {
  readonly day: string;
  readonly files: number;
  readonly superseded: number;
  readonly security: number;
  readonly snapshot: number;
  readonly vanished: number;
}

const memoName = 'lock-check';

function count(checked: readonly CheckedFile[]): Counts {
  // Buildroots share packages.
  const files = [...new Map(checked.map((one) => [`${one.suite ?? ''} ${one.file}`, one])).values()];
  const number = (where: CheckedFile['where']): number => files.filter((one) => one.where === where).length;
  return {
    day: new Date().toISOString().slice(0, 10),
    files: files.length,
    superseded: files.filter(({ newer }) => newer !== undefined).length,
    security: number('security'),
    snapshot: number('snapshot'),
    vanished: number('vanished'),
  };
}

/** What `lock --check` found: what vanished and what is superseded by name, the rest by its number. */
export function checkText(checked: readonly CheckedFile[]): string {
  const line = ({ entry, what, suite, newer }: CheckedFile, state: string): string => {
    const now = newer === undefined ? '' : `, ${newer} is in ${suite ?? 'the archive'} now`;
    return `${state.padEnd(10)}  ${printable(entry)}: ${printable(what)}${printable(now)}`;
  };
  const counts = count(checked);
  return [
    ...checked.filter(({ where }) => where === 'vanished').map((one) => line(one, 'vanished')),
    ...checked.filter(({ where }) => where === 'snapshot').map((one) => line(one, 'snapshot')),
    ...checked
      .filter(({ where, newer }) => newer !== undefined && (where === 'mirror' || where === 'security'))
      .map((one) => line(one, 'superseded')),
    countsText(counts),
    ...(counts.vanished === 0
      ? []
      : [
          'Replace only the vanished files: `cidermill lock --keep`. Or name a snapshot archive (docs/sources.md).',
        ]),
  ].join('\n');
}

function countsText({ files, superseded, security, snapshot, vanished }: Counts): string {
  return `${formatCount(files, 'pinned file')} of Debian's archive: ${vanished} vanished, ${snapshot} in snapshot archives alone, ${security} on the security archive alone, ${superseded} superseded`;
}

/** Keeps the numbers for `doctor`, which asks no server. */
export async function rememberCheck(
  store: Store,
  root: string,
  checked: readonly CheckedFile[],
): Promise<void> {
  await openMemo(store, memoName).set(root, JSON.stringify(count(checked)));
}

/** What was found is of the lockfile as it was: once that is another, nobody knows until it is asked for again. */
export async function forgetCheck(store: Store, root: string): Promise<void> {
  const memo = openMemo(store, memoName);
  if (memo.get(root) !== undefined) await memo.set(root, '');
}

/** What the last `lock --check` found, as `doctor` says it. */
export function lockCheck(store: Store | undefined, root: string): Check {
  const name = 'pinned files';
  const known = store === undefined ? undefined : openMemo(store, memoName).get(root);
  if (known === undefined || known === '')
    return {
      name,
      state: 'ok',
      finding: 'not asked for yet: `cidermill lock --check` asks the archives for them',
    };
  const counts = JSON.parse(known) as Counts;
  const finding = `${countsText(counts)} (${counts.day})`;
  return counts.vanished === 0
    ? { name, state: 'ok', finding }
    : {
        name,
        state: 'warning',
        finding,
        mend: '`cidermill lock --keep`, or a snapshot archive (docs/sources.md)',
      };
}
