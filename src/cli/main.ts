import { Command } from 'commander';
import { bootCommand } from './commands/boot.ts';
import { diskCommand } from './commands/disk.ts';
import { dmgCommand } from './commands/dmg.ts';
import { bundleCommand } from './commands/bundle.ts';
import { doctorCommand } from './commands/doctor.ts';
import { fetchCommand } from './commands/fetch.ts';
import { graphCommand } from './commands/graph.ts';
import { guestCommand } from './commands/guest.ts';
import { hfsCommand } from './commands/hfs.ts';
import { isoCommand } from './commands/iso.ts';
import { kvmCommand } from './commands/kvm.ts';
import { listCommand } from './commands/list.ts';
import { lockCommand } from './commands/lock.ts';
import { logCommand } from './commands/log.ts';
import { pkgCommand } from './commands/pkg.ts';
import { planCommand } from './commands/plan.ts';
import { provenanceCommand, verifySignatureCommand } from './commands/provenance.ts';
import { runCommand } from './commands/run.ts';
import { storeCommand } from './commands/store.ts';
import { verifyCommand } from './commands/verify.ts';
import { whyCommand } from './commands/why.ts';
import { reportError } from './exit.ts';
import { version } from '../host/index.ts';

const program = new Command('cidermill')
  .description('Build-and-image pipelines for OS X guests on upstream QEMU/KVM.')
  .version(version())
  .option(
    '-C, --directory <folder>',
    'the project: the nearest folder upwards from here with pipelines/ or recipes/',
  )
  .showHelpAfterError('Run it with --help to see what it takes.')
  .addHelpText(
    'after',
    `
Examples:
  cidermill run quickstart            build everything, prove it by booting it
  cidermill plan quickstart           what would run, and why
  cidermill iso make InstallESD.dmg -o yosemite.iso   a bootable disc of an installer
  cidermill dmg convert a.dmg a.iso   a whole disk image out of a DMG

Environment:
  CIDERMILL_STORE   the store, when several checkouts share one (else artifacts/.store)
  NO_COLOR          no colour

Exit codes: 0 done, 1 a step failed or an input is bad, 2 wrong use, 130 interrupted`,
  )
  .exitOverride();

for (const command of [
  runCommand(),
  planCommand(),
  whyCommand(),
  lockCommand(),
  listCommand(),
  graphCommand(),
  logCommand(),
  verifyCommand(),
  fetchCommand(),
  bundleCommand(),
  storeCommand(),
  isoCommand(),
  provenanceCommand(),
  verifySignatureCommand(),
  dmgCommand(),
  pkgCommand(),
  hfsCommand(),
  kvmCommand(),
  guestCommand(),
  bootCommand(),
  diskCommand(),
  doctorCommand(),
]) {
  program.addCommand(command);
}
inherit(program);

/** Commands that are made on their own do not take over how errors are shown. */
function inherit(parent: Command): void {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent));
}

// A reader that has seen enough (`cidermill log … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
