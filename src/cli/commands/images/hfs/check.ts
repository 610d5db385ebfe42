import { Command } from 'commander';
import type { CheckReport, Finding } from '../../../../formats/hfsplus/index.ts';
import { exitCodes } from '../../../exit.ts';
import { passwordOption, placeWith, type PasswordFlag } from '../../../password.ts';
import { printable } from '../../../../text/printable.ts';

/** More of a kind are only counted; --json has them. */
const mostShown = 40;

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Check everything that holds a volume together: headers, journal, B-trees, links, bitmap. Exits with 1 when there is a fault.',
    )
    .argument('<image>', 'IMAGE, or OUTER.dmg:/inner.dmg; a .dmg, .iso or raw image')
    .addOption(passwordOption())
    .option('--json', 'all findings as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  cidermill hfs check my.iso\n  cidermill hfs check InstallESD.dmg:/BaseSystem.dmg --json',
    )
    .action(async (path: string, flags: PasswordFlag & { readonly json?: boolean }) => {
      const { openVolumeBytes } = await import('../../../../image/index.ts');
      const { checkVolume } = await import('../../../../formats/hfsplus/index.ts');
      const { volume, offset, close } = await openVolumeBytes(await placeWith(path, flags));
      try {
        const report = await checkVolume(volume);
        if (flags.json === true) console.log(JSON.stringify({ volumeOffset: offset, ...report }, null, 2));
        else console.log(describe(path, report));
        if (report.faults > 0) process.exitCode = exitCodes.failed;
      } finally {
        await close();
      }
    });
}

function describe(path: string, { findings, faults, remarks, files, folders }: CheckReport): string {
  const shown = (severity: Finding['severity'], total: number): string[] => {
    const lines = findings.filter((each) => each.severity === severity).slice(0, mostShown);
    const more = total > lines.length ? [`${severity}: ${total - lines.length} more`] : [];
    return [...lines.map(line), ...more];
  };
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const verdict = faults === 0 ? 'sound' : count(faults, 'fault');
  return [
    ...shown('fault', faults),
    ...shown('remark', remarks),
    `${path}: ${verdict}; ${[count(remarks, 'remark'), count(files, 'file'), count(folders, 'folder')].join(', ')}`,
  ].join('\n');
}

function line({ severity, area, what, offset }: Finding): string {
  const place = offset === undefined ? '' : ` (at byte ${offset} of the volume)`;
  return `${severity}: ${area}: ${printable(what)}${place}`;
}
