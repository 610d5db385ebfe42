import { Command, Option } from 'commander';
import type { Aspect, Change, CompareOptions } from '../../../difference/index.ts';
import { changeLines } from '../../change-lines.ts';
import { qemuProgram } from '../../boot/boot-files.ts';
import { exitCodes, reportError } from '../../exit.ts';
import { onInterrupt } from '../../interrupt.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../password.ts';
import { formatCount } from '../../../text/format.ts';

const aspects: readonly Aspect[] = ['mode', 'owner', 'dates', 'attributes', 'partitions'];
const place =
  'a folder, a product, a tar archive, an image of a disk (also qcow2), a package; OUTER.dmg:/inner.dmg; or, both, oci://HOST/REPOSITORY:TAG';

interface DiffFlags extends PasswordFlag {
  readonly ignore: readonly Aspect[];
  readonly qemu?: string;
  readonly json?: boolean;
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('Show what differs between two images, discs, disks, packages, products or toolchains.')
    .argument('<a>', place)
    .argument('<b>', 'the same, of any kind')
    .addOption(
      new Option('--ignore <what...>', 'kinds of differences to ignore').choices(aspects).default([], 'none'),
    )
    .addOption(passwordOption())
    .option('--qemu <program>', 'qemu-system-x86_64, or the folder it is installed in; it reads qcow2 images')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Lines begin with + for what only B has, - for what only A has, ~ for what both have and is not the same.

Examples:
  cidermill diff yosemite.iso artifacts/ready-image/disk.iso
  cidermill diff before.dmg after.dmg --ignore dates
  cidermill diff InstallESD.dmg:/BaseSystem.dmg BaseSystem.dmg
  cidermill diff old-toolchain.tar.zst artifacts/toolchain/toolchain.tar.zst --json
  cidermill diff oci://registry.example/team/mac:1 oci://registry.example/team/mac:2

Exit codes: 0 the same, 1 something differs, 2 an error, 130 interrupted`,
    )
    .action(async (a: string, b: string, flags: DiffFlags) => {
      let input = a;
      try {
        if ([a, b].some((each) => each.startsWith('oci://'))) {
          process.exitCode = await compareReferences(a, b, flags);
          return;
        }
        const changes = await compare(a, b, flags, () => (input = b));
        if (flags.json === true) console.log(JSON.stringify({ a, b, changes }, null, 2));
        else for (const line of report(changes)) console.log(line);
        process.exitCode = changes.length === 0 ? exitCodes.done : exitCodes.failed;
      } catch (error) {
        const code = reportError(error, { json: flags.json === true, command: 'cidermill diff', input });
        // As diff has it: 1 says that something differs.
        process.exitCode = code === exitCodes.failed ? exitCodes.wrongUse : code;
      }
    });
}

/** Two products in registries, by their indexes and papers, and the files on disks that changed. @returns the exit code */
async function compareReferences(a: string, b: string, flags: DiffFlags): Promise<number> {
  const { diffProducts, productReport } = await import('../../registry/diff-products.ts');
  const changes = await diffProducts(a, b, optionsOf(flags), onInterrupt());
  if (flags.json === true) console.log(JSON.stringify({ a, b, changes }, null, 2));
  else for (const line of productReport(changes)) console.log(line);
  return changes.length === 0 ? exitCodes.done : exitCodes.failed;
}

function optionsOf({ ignore, qemu }: DiffFlags): CompareOptions {
  return { ignore: new Set(ignore), qemu: () => qemuProgram(qemu) };
}

/** @param onFirst is called when the first one is open */
async function compare(a: string, b: string, flags: DiffFlags, onFirst: () => void): Promise<Change[]> {
  const { compareSides, withSide } = await import('../../../difference/index.ts');
  const options = { ...optionsOf(flags), signal: onInterrupt() };
  const [one, other] = [await placeWith(a, flags), await placeWith(b, flags)];
  return withSide(one, options, (mine) => {
    onFirst();
    return withSide(other, options, (theirs) => compareSides(mine, theirs, options));
  });
}

function report(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ['no differences'];
  const count = (change: Change['change']): number => changes.filter((each) => each.change === change).length;
  const sums = [`${count('added')} added`, `${count('removed')} removed`, `${count('changed')} changed`];
  return [
    ...changes.flatMap((change) => changeLines(change, '')),
    `${formatCount(changes.length, 'difference')}: ${sums.join(', ')}`,
  ];
}
