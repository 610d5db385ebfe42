import type { Command } from 'commander';

/** What people do, in the order in which help tells it. `cidermill help NAME` shows one. */
export const groups = {
  build: 'Build',
  images: 'Installers and images',
  guests: 'Guests',
  team: 'Team',
  trust: 'Store and trust',
} as const;

export type Group = keyof typeof groups;

/** One command as lists of commands tell it: in `--help`, in README's table, in the man page. */
export interface TableEntry {
  readonly group: Group;
  /** At most 57 characters, so that lists of them hold in 80 columns. */
  readonly summary: string;
  /** One is loaded when it is asked for: to load all takes longer than most run. */
  readonly load: () => Promise<Command>;
}

/** In the order in which help lists them. */
export const commandTable: Readonly<Record<string, TableEntry>> = {
  init: {
    group: 'build',
    summary: 'start a project of your own',
    load: async () => (await import('../commands/build/init.ts')).initCommand(),
  },
  run: {
    group: 'build',
    summary: 'run a pipeline or a recipe; what is cached is kept',
    load: async () => {
      const command = (await import('../commands/build/run.ts')).runCommand();
      return asksHelp() ? (await import('../show/parameter-help.ts')).addParameterHelp(command) : command;
    },
  },
  plan: {
    group: 'build',
    summary: 'show what would run and why, with the file and line',
    load: async () => (await import('../commands/build/plan.ts')).planCommand(),
  },
  why: {
    group: 'build',
    summary: 'show why one step would run or is cached',
    load: async () => (await import('../commands/build/why.ts')).whyCommand(),
  },
  list: {
    group: 'build',
    summary: 'list the pipelines and recipes',
    load: async () => (await import('../commands/build/list.ts')).listCommand(),
  },
  show: {
    group: 'build',
    summary: 'show parameters, inputs, outputs and sources of one',
    load: async () => (await import('../commands/build/show.ts')).showCommand(),
  },
  graph: {
    group: 'build',
    summary: 'draw the steps as text, DOT or Mermaid',
    load: async () => (await import('../commands/build/graph.ts')).graphCommand(),
  },
  validate: {
    group: 'build',
    summary: 'check all recipe, pipeline, project and lock files',
    load: async () => (await import('../commands/build/validate.ts')).validateCommand(),
  },
  shell: {
    group: 'build',
    summary: "open a shell where a step's commands run",
    load: async () => (await import('../commands/build/shell.ts')).shellCommand(),
  },
  log: {
    group: 'build',
    summary: "print a step's log",
    load: async () => (await import('../commands/build/log.ts')).logCommand(),
  },
  runs: {
    group: 'build',
    summary: 'list the runs that are kept, and compare two',
    load: async () => (await import('../commands/build/runs.ts')).runsCommand(),
  },
  report: {
    group: 'build',
    summary: 'write a page about a run, with times and pictures',
    load: async () => (await import('../commands/build/report.ts')).reportCommand(),
  },
  lock: {
    group: 'build',
    summary: 'pin sources and buildroot packages by digest',
    load: async () => (await import('../commands/build/lock.ts')).lockCommand(),
  },
  completion: {
    group: 'build',
    summary: 'let bash, zsh or fish complete commands and names',
    load: async () => (await import('../commands/build/completion.ts')).completionCommand(),
  },
  doctor: {
    group: 'build',
    summary: 'check every precondition on this host, and fix it',
    load: async () => (await import('../commands/build/doctor.ts')).doctorCommand(),
  },
  iso: {
    group: 'images',
    summary: 'make the bootable disc of an installer, 10.6 to 10.12',
    load: async () => (await import('../commands/images/iso.ts')).isoCommand(),
  },
  dmg: {
    group: 'images',
    summary: "look into Apple's disk images, convert and make them",
    load: async () => (await import('../commands/images/dmg/dmg.ts')).dmgCommand(),
  },
  hfs: {
    group: 'images',
    summary: 'read, check and change HFS+ volumes, without mounting',
    load: async () => (await import('../commands/images/hfs/hfs.ts')).hfsCommand(),
  },
  pkg: {
    group: 'images',
    summary: 'look into installer packages, and extract them',
    load: async () => (await import('../commands/images/pkg.ts')).pkgCommand(),
  },
  diff: {
    group: 'images',
    summary: 'show what differs between two images or products',
    load: async () => (await import('../commands/images/diff.ts')).diffCommand(),
  },
  boot: {
    group: 'guests',
    summary: 'start a guest, or print its machine for others',
    load: async () => (await import('../commands/guests/boot.ts')).bootCommand(),
  },
  disk: {
    group: 'guests',
    summary: "make, inspect, mend and grow guests' disks",
    load: async () => (await import('../commands/guests/disk.ts')).diskCommand(),
  },
  guest: {
    group: 'guests',
    summary: 'show what is known of each release, and where from',
    load: async () => (await import('../commands/guests/guest.ts')).guestCommand(),
  },
  seal: {
    group: 'guests',
    summary: 'make a product of a disk that was installed onto',
    load: async () => (await import('../commands/guests/seal.ts')).sealCommand(),
  },
  kvm: {
    group: 'guests',
    summary: "show and replace this host's KVM modules",
    load: async () => (await import('../commands/guests/kvm.ts')).kvmCommand(),
  },
  ci: {
    group: 'team',
    summary: 'print the job of a CI system that runs a pipeline',
    load: async () => (await import('../commands/team/ci.ts')).ciCommand(),
  },
  push: {
    group: 'team',
    summary: 'push a product to an OCI registry: only what is new',
    load: async () => (await import('../commands/team/push.ts')).pushCommand(),
  },
  pull: {
    group: 'team',
    summary: 'pull a product from an OCI registry, every byte checked',
    load: async () => (await import('../commands/team/pull.ts')).pullCommand(),
  },
  inspect: {
    group: 'team',
    summary: 'show a pushed product, or the tags of a repository',
    load: async () => (await import('../commands/team/inspect.ts')).inspectCommand(),
  },
  cache: {
    group: 'team',
    summary: "show, fill and check the team's shared cache",
    load: async () => (await import('../commands/team/cache.ts')).cacheCommand(),
  },
  worker: {
    group: 'team',
    summary: "make steps of others' runs on this machine",
    load: async () => (await import('../commands/team/worker.ts')).workerCommand(),
  },
  workers: {
    group: 'team',
    summary: 'show the workers of a team, and what waits for them',
    load: async () => (await import('../commands/team/workers.ts')).workersCommand(),
  },
  fetch: {
    group: 'team',
    summary: 'download all that a run needs',
    load: async () => (await import('../commands/team/fetch.ts')).fetchCommand(),
  },
  bundle: {
    group: 'team',
    summary: 'write all that a run needs into one file, to carry',
    load: async () => (await import('../commands/team/bundle.ts')).bundleCommand(),
  },
  store: {
    group: 'trust',
    summary: 'show what the store holds, check it, make room in it',
    load: async () => (await import('../commands/trust/store.ts')).storeCommand(),
  },
  clean: {
    group: 'trust',
    summary: "remove this project's products; the store stays",
    load: async () => (await import('../commands/trust/clean.ts')).cleanCommand(),
  },
  verify: {
    group: 'trust',
    summary: 'make steps again under varied conditions, and compare',
    load: async () => (await import('../commands/trust/verify.ts')).verifyCommand(),
  },
  provenance: {
    group: 'trust',
    summary: 'show what an artifact was made from (in-toto, SLSA)',
    load: async () => (await import('../commands/trust/provenance.ts')).provenanceCommand(),
  },
  'verify-signature': {
    group: 'trust',
    summary: 'check who signed a statement about artifacts',
    load: async () => (await import('../commands/trust/verify-signature.ts')).verifySignatureCommand(),
  },
  audit: {
    group: 'trust',
    summary: "list a product's packages that have newer versions",
    load: async () => (await import('../commands/trust/audit.ts')).auditCommand(),
  },
};

/** Told first by `--help`. */
export const mostUsed = ['run', 'plan', 'report', 'init', 'doctor', 'iso', 'disk', 'boot', 'push', 'store'];

/** The commands of a group, in order. */
export function commandsOf(group: Group): string[] {
  return Object.keys(commandTable).filter((name) => commandTable[name]?.group === group);
}

/** Does the command line ask for help? What only help needs is loaded then. */
export function asksHelp(): boolean {
  return process.argv.includes('--help') || process.argv.includes('-h');
}
