import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from '#step';
import { dryRun } from './dry-run.ts';

/** What the loader says of itself. */
export interface Identity {
  readonly revision: string;
  /** `YYYY-MM-DD`, or more; as `date -d` reads it. */
  readonly date: string;
}

/**
 * Makes the headers that the tree's makefiles make, by their own rules: vers.h, embedded.h. The clock, the working
 * copy and the user that the rules ask are programs here that answer with what is given.
 * @param tree in the work folder
 * @throws Failure 'bad-identity'
 */
export async function generateHeaders(here: Step, tree: string, identity: Identity): Promise<void> {
  const { $ } = here;
  writePrograms(identity);
  const symbols = `${tree}/sym/i386`;
  mkdirSync(symbols, { recursive: true });
  // Modules are not built in: what starts them finds none.
  writeFileSync(`${symbols}/boot_modules.h`, 'void start_built_in_modules();\n');
  writeFileSync(`${symbols}/boot_modules.c`, '#include "boot_modules.h"\nvoid start_built_in_modules() {}\n');
  // The rules say nothing before the libraries are there.
  for (const folder of readdirSync(`${tree}/i386`)) {
    writeFileSync(`${symbols}/lib${folder.replace(/^lib/, '')}.a`, '');
  }
  for (const [folder, goal] of Object.entries({ boot2: 'boot', libsaio: '' })) {
    const { headers } = await dryRun(here, `${tree}/i386/${folder}`, goal);
    if (headers.length === 0) continue;
    await $`PATH="$PWD/programs:$PATH" make -C ${tree}/i386/${folder} SHELL=/bin/bash ${headers}`;
  }
}

/** What makefiles ask about the world outside of the tree. */
function writePrograms({ revision, date }: Identity): void {
  if (!/^[\w.:-]*$/.test(revision) || !/^[\d :+-]+$/.test(date)) {
    throw new Failure('bad-identity', `"${revision}" is no revision, or "${date}" no date`);
  }
  const programs = {
    date: `exec /bin/date -u -d '${date}' "$@"`,
    svnversion: `printf %s '${revision}'`,
    whoami: 'echo cidermill',
  };
  mkdirSync('programs', { recursive: true });
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(`programs/${name}`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
}
