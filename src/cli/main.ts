import { Command } from 'commander';
import { reportError } from './exit.ts';
import { version } from '../host/index.ts';

/** In the order in which help lists them. One is loaded when it is asked for: to load all takes longer than most run. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  plan: async () => (await import('./commands/plan.ts')).planCommand(),
  why: async () => (await import('./commands/why.ts')).whyCommand(),
  lock: async () => (await import('./commands/lock.ts')).lockCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
  graph: async () => (await import('./commands/graph.ts')).graphCommand(),
  runs: async () => (await import('./commands/runs.ts')).runsCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  log: async () => (await import('./commands/log.ts')).logCommand(),
  verify: async () => (await import('./commands/verify.ts')).verifyCommand(),
  fetch: async () => (await import('./commands/fetch.ts')).fetchCommand(),
  bundle: async () => (await import('./commands/bundle.ts')).bundleCommand(),
  cache: async () => (await import('./commands/cache.ts')).cacheCommand(),
  store: async () => (await import('./commands/store.ts')).storeCommand(),
  iso: async () => (await import('./commands/iso.ts')).isoCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  provenance: async () => (await import('./commands/provenance.ts')).provenanceCommand(),
  'verify-signature': async () => (await import('./commands/verify-signature.ts')).verifySignatureCommand(),
  diff: async () => (await import('./commands/diff.ts')).diffCommand(),
  seal: async () => (await import('./commands/seal.ts')).sealCommand(),
  push: async () => (await import('./commands/push.ts')).pushCommand(),
  pull: async () => (await import('./commands/pull.ts')).pullCommand(),
  tags: async () => (await import('./commands/tags.ts')).tagsCommand(),
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand(),
  dmg: async () => (await import('./commands/dmg/dmg.ts')).dmgCommand(),
  pkg: async () => (await import('./commands/pkg.ts')).pkgCommand(),
  hfs: async () => (await import('./commands/hfs/hfs.ts')).hfsCommand(),
  kvm: async () => (await import('./commands/kvm.ts')).kvmCommand(),
  guest: async () => (await import('./commands/guest.ts')).guestCommand(),
  boot: async () => (await import('./commands/boot.ts')).bootCommand(),
  disk: async () => (await import('./commands/disk.ts')).diskCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
};
const first = firstWord(process.argv.slice(2)) ?? '';
const asked = Object.hasOwn(commands, first) ? commands[first] : undefined;

const program = new Command('cidermill')
  .description('Build-and-image pipelines for OS X guests on upstream QEMU/KVM.')
  .version(version())
  .option(
    '-C, --directory <folder>',
    'the project; by default the nearest folder at or above this one with recipes/, pipelines/ or cidermill.yaml',
  )
  // `reportError` shows errors: commander's in the same form as all others.
  .configureOutput({ outputError: () => undefined })
  .option('--store <folder>', 'the store to use instead of the one that CIDERMILL_STORE names')
  .addHelpText(
    'after',
    `
Examples:
  cidermill init demo                 a project of your own
  cidermill run quickstart            build everything, prove it by booting it
  cidermill plan quickstart           what would run, and why
  cidermill iso make InstallESD.dmg -o yosemite.iso   a bootable disc of an installer
  cidermill dmg convert a.dmg a.iso   a whole disk image out of a DMG

Environment:
  CIDERMILL_STORE   the store (else artifacts/.store where there is one, else ~/.cache/cidermill)
  CIDERMILL_CACHE   a team's cache: what others made is not made again (docs/cache.md)
  CIDERMILL_OSK     where your key is, for boot and doctor: env:NAME, file:PATH or smc
  NO_COLOR          no colour

Exit codes: 0 done, 1 a step failed or an input is damaged, 2 wrong use (docs/events.md), 130 interrupted`,
  )
  .exitOverride();

for (const make of asked === undefined ? Object.values(commands) : [asked]) program.addCommand(await make());
inherit(program);

/** What stands where a command does. */
function firstWord(args: readonly string[]): string | undefined {
  const valued = ['-C', '--directory', '--store'];
  return args.find((each, index) => !each.startsWith('-') && !valued.includes(args[index - 1] ?? ''));
}

/** Commands that are made on their own do not take over how errors are shown. */
function inherit(parent: Command): void {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent));
}

/** The words of a command as far as they are known: "cidermill dmg info". */
function commandWords(args: readonly string[]): string {
  const words = [program.name()];
  let command: Command | undefined = program;
  for (const word of args) {
    command = command.commands.find((each) => each.name() === word);
    if (command === undefined) break;
    words.push(word);
  }
  return words.join(' ');
}

/** Arguments that name a file of bytes, which a FormatError is about. */
const inputArguments = new Set(['image', 'place', 'package', 'installer', 'dmg']);
let input: string | undefined;
program.hook('preAction', (_, command) => {
  const index = command.registeredArguments.findIndex((each) => inputArguments.has(each.name()));
  input = index < 0 ? undefined : command.args[index];
});

// A reader that has seen enough (`cidermill log … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  const args = process.argv.slice(2);
  process.exitCode = reportError(error, {
    json: args.includes('--json'),
    command: commandWords(args.slice(args.indexOf(first))),
    input,
  });
}
