import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '#base';
import type { Step } from 'cidermill/step';
import { dryRun, dryRunOfSome, type DryRun } from './dry-run.ts';

/** What the loader says of itself. */
export interface Identity {
  readonly revision: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/**
 * Makes the headers that the tree's makefiles make, by their own rules: vers.h, embedded.h. The clock, the working
 * copy and the user that the rules ask are programs here that answer with what is given.
 * @param tree in the work folder
 * @throws Failure 'bad-identity'
 */
export async function generateHeaders(here: Step, tree: string, identity: Identity): Promise<void> {
  const path = answerWith(identity);
  const symbols = `${tree}/sym/i386`;
  mkdirSync(symbols, { recursive: true });
  // Modules are not built in: what starts them finds none.
  writeFileSync(`${symbols}/boot_modules.h`, 'void start_built_in_modules();\n');
  writeFileSync(`${symbols}/boot_modules.c`, '#include "boot_modules.h"\nvoid start_built_in_modules() {}\n');
  // The rules say nothing before the libraries are there.
  for (const folder of readdirSync(`${tree}/i386`)) {
    writeFileSync(`${symbols}/lib${folder.replace(/^lib/, '')}.a`, '');
  }
  const [boot2, libsaio] = [`${tree}/i386/boot2`, `${tree}/i386/libsaio`];
  const made = await makeHeaders(here, boot2, await dryRun(here, boot2, 'boot'), path);
  made.push(...(await makeHeaders(here, libsaio, await dryRun(here, libsaio), path)));
  // Some revisions have that rule at the top, among all that a Mac would make.
  if (!made.some((header) => header.endsWith('/vers.h'))) {
    await makeHeaders(here, tree, await dryRunOfSome(here, tree), path);
  }
}

async function makeHeaders(here: Step, folder: string, { headers }: DryRun, path: string): Promise<string[]> {
  for (const header of headers) {
    const make = ['-C', folder, 'SHELL=/bin/bash'];
    // Some rules are named after the file alone, and write it where they like.
    await here.$`export PATH="$PWD/${path}:$PATH"; make ${make} ${header} || make ${make} ${basename(header)}`;
  }
  return [...headers];
}

/**
 * Writes the programs by which makefiles ask about the world outside of the tree.
 * @returns their folder in the work folder, to be put before all others in PATH
 * @throws Failure 'bad-identity'
 */
export function answerWith({ revision, date }: Identity): string {
  if (!/^\d+$/.test(revision) || !/^\d{4}-\d\d-\d\d$/.test(date)) {
    throw new Failure(
      'bad-identity',
      `"${revision}" is not a revision, or "${date}" is not of the form YYYY-MM-DD`,
    );
  }
  const time = `'${date} 00:00:00'`;
  const programs = {
    // As GNU's date takes it, else as BSD's does.
    date: `/bin/date -u -d ${time} "$@" 2>/dev/null || exec /bin/date -ju -f '%Y-%m-%d %H:%M:%S' ${time} "$@"`,
    svnversion: `printf %s ${revision}`,
    whoami: 'echo cidermill',
  };
  mkdirSync('programs', { recursive: true });
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(`programs/${name}`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  return 'programs';
}
