import { fstatSync } from 'node:fs';
import type { Accelerator, Display, Wiring } from '../../guest/index.ts';
import { secretPath } from '../../vm/index.ts';
import type { DisplayKind } from './boot-display.ts';
import { sharedFolder, type BootFileFlags, type BootFiles } from './boot-files.ts';
import type { ExportForm } from './boot-output.ts';
import type { LoaderFlags } from './loader-steps.ts';
import type { MachineFlags } from './machine-flags.ts';

/** Everything that `boot` can be given. */
export interface BootFlags extends MachineFlags, BootFileFlags, LoaderFlags {
  /** In a guest's own file where the command line has none. */
  readonly guest?: string;
  readonly accel: Accelerator | 'auto';
  readonly display?: DisplayKind;
  readonly share?: string;
  readonly shareWritable?: boolean;
  /** A port of this host that leads to the guest's SSH. */
  readonly sshPort?: number;
  readonly snapshot?: boolean;
  readonly osk?: string;
  readonly dryRun?: boolean;
  readonly export?: ExportForm;
  readonly iHaveTheRight?: boolean;
  readonly waitFor?: string;
  readonly plainHttp?: boolean;
  readonly trust?: string;
  readonly timeout: number;
  /** The file to write instead of starting the guest. */
  readonly save?: string;
}

/**
 * Joins the machine to this host: its files, its display, what it shares, and QEMU's monitor.
 * @param extra QEMU's own options, as given after "--"
 */
export function wiringOf(
  flags: BootFlags,
  files: BootFiles,
  extra: readonly string[],
  display: Display | undefined,
): Wiring {
  const isShown = flags.dryRun === true || flags.export !== undefined;
  return {
    start: files.start,
    disk: files.disk,
    ...(files.iso !== undefined && { iso: files.iso }),
    ...(files.isoFormat !== undefined && { isoFormat: files.isoFormat }),
    ...(flags.share !== undefined && {
      share: { folder: sharedFolder(flags.share), writable: flags.shareWritable === true },
    }),
    ...(flags.sshPort !== undefined && { sshPort: flags.sshPort }),
    smc: secretPath,
    ...(display !== undefined && { display }),
    monitor: isShown || (takesCommands() && flags.waitFor === undefined) ? 'stdio' : 'none',
    snapshot: flags.snapshot === true,
    extra,
  };
}

/** Can QEMU's monitor read commands here: from a terminal, or from a pipe? */
function takesCommands(): boolean {
  return process.stdin.isTTY || fstatSync(0).isFIFO();
}
