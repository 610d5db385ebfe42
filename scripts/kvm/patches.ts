import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from 'cidermill/step';

/** What a patch of recipes/patches/ says of itself above its first "---". */
export interface PatchHead {
  /** The kernel that has it of itself. */
  readonly upstream: string;
  /** A tree that matches this there has it, whatever its version says. */
  readonly mark: { readonly expression: string; readonly path: string };
}

/** @throws Failure 'bad-patch' when a line is missing */
export function readPatchHead(name: string, text: string): PatchHead {
  const head = text.slice(0, text.indexOf('\n---\n'));
  const upstream = /^Upstream: (.+)$/m.exec(head)?.[1];
  const [, expression, path] = /^Mark: (.+) in (\S+)$/m.exec(head) ?? [];
  if (upstream === undefined || expression === undefined || path === undefined)
    throw new Failure(
      'bad-patch',
      `the patch ${name} does not say "Upstream: KERNEL" and "Mark: EXPRESSION in PATH"`,
    );
  return { upstream, mark: { expression, path } };
}

/**
 * Applies patches to a copy of a kernel tree in the work folder.
 * @param folder with the patches, as the step's commands see it
 * @param tree relative to the work folder
 * @param kernel the tree's version, for people
 * @returns a line for each: that it was applied, or that the tree has it already
 * @throws Failure 'unknown-patch'; 'patch-failed' with the hunks that do not apply
 */
export async function applyPatches(
  { $ }: Pick<Step, '$'>,
  names: readonly string[],
  folder: string,
  tree: string,
  kernel: string,
): Promise<string[]> {
  const lines: string[] = [];
  const known = (await $`cd ${folder} && ls`.quiet()).lines().map((file) => file.replace(/\.patch$/, ''));
  for (const name of names) {
    if (!known.includes(name))
      throw new Failure('unknown-patch', `there is no patch "${name}"`, {
        hint: `There are ${known.join(', ')}.`,
      });
    const file = `${folder}/${name}.patch`;
    const { upstream, mark } = readPatchHead(name, (await $`cat ${file}`.quiet()).stdout);
    const there = await $`grep -rqE ${mark.expression} ${tree}/${mark.path}`.nothrow().quiet();
    if (there.exitCode === 0) {
      lines.push(`${name}: skipped, Linux ${kernel} has it (upstream since ${upstream})`);
      continue;
    }
    await applyOne($, name, file, tree, kernel);
    lines.push(`${name}: applied`);
  }
  return lines;
}

async function applyOne(
  $: Step['$'],
  name: string,
  file: string,
  tree: string,
  kernel: string,
): Promise<void> {
  const rejects = `${name}.rej`;
  // Indentation differs from kernel to kernel; a missing line of context does no harm, two would.
  const how = ['--batch', '--forward', '--ignore-whitespace', '--fuzz=1', '--no-backup-if-mismatch'];
  const patch = await $`patch -d ${tree} -p1 ${how} -r $PWD/${rejects} < ${file}`.nothrow();
  if (patch.exitCode === 0) return;
  const hunks = existsSync(rejects) ? readFileSync(rejects, 'utf8') : patch.stdout;
  throw new Failure('patch-failed', `the patch ${name} does not apply to Linux ${kernel}:\n${hunks.trim()}`, {
    hint: 'Run without it, or with a tree of your own that it applies to: --source RECIPE.linux=FOLDER.',
  });
}
