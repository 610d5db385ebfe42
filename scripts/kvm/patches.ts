import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from 'cidermill/step';

/** What a patch of recipes/patches/ says of itself above its first "---". */
export interface PatchHead {
  /** The kernel that has it of itself. */
  readonly upstream: string;
  /** A tree that matches this there has it, whatever its version says. */
  readonly mark: Place;
  /** What it takes away, in any form: where no line of a tree matches, there is nothing left to patch. */
  readonly line?: Place;
  /** The form that this file is for, where a patch has several: NAME.patch and NAME.FORM.patch. */
  readonly form?: Place;
}

/** A line of a tree: an extended regular expression, and the file or folder it is looked for in. */
interface Place {
  readonly expression: string;
  readonly path: string;
}

/** @throws Failure 'bad-patch' when a line is missing */
export function readPatchHead(name: string, text: string): PatchHead {
  const head = text.slice(0, text.indexOf('\n---\n'));
  const upstream = /^Upstream: (.+)$/m.exec(head)?.[1];
  const placeOf = (word: string): Place | undefined => {
    const [, expression, path] = new RegExp(`^${word}: (.+) in (\\S+)$`, 'm').exec(head) ?? [];
    return expression === undefined || path === undefined ? undefined : { expression, path };
  };
  const [mark, line, form] = [placeOf('Mark'), placeOf('Line'), placeOf('Form')];
  if (upstream === undefined || mark === undefined)
    throw new Failure(
      'bad-patch',
      `the patch ${name} does not say "Upstream: KERNEL" and "Mark: EXPRESSION in PATH"`,
    );
  return { upstream, mark, ...(line === undefined ? {} : { line }), ...(form === undefined ? {} : { form }) };
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
  const files = (await $`cd ${folder} && ls`.quiet()).lines().filter((file) => file.endsWith('.patch'));
  const known = [...new Set(files.map((file) => file.slice(0, file.indexOf('.'))))];
  const has = async ({ expression, path }: Place): Promise<boolean> =>
    (await $`grep -rqE -e ${expression} ${tree}/${path}`.nothrow().quiet()).exitCode === 0;
  for (const name of names) {
    if (!known.includes(name))
      throw new Failure('unknown-patch', `there is no patch "${name}"`, {
        hint: `There are ${known.join(', ')}.`,
      });
    const own = files.filter((file) => file.slice(0, file.indexOf('.')) === name);
    const forms = [];
    for (const file of own.sort((a, b) => a.length - b.length)) {
      const path = `${folder}/${file}`;
      forms.push({ path, head: readPatchHead(name, (await $`cat ${path}`.quiet()).stdout) });
    }
    const [first] = forms;
    if (first === undefined) continue;
    const { upstream, mark, line } = first.head;
    if (await has(mark)) {
      lines.push(`${name}: skipped, Linux ${kernel} has it (upstream since ${upstream})`);
      continue;
    }
    if (line !== undefined && existsSync(`${tree}/${line.path}`) && !(await has(line))) {
      lines.push(`${name}: skipped, this Linux ${kernel} does not have the line that the patch removes`);
      continue;
    }
    let chosen = first.path;
    for (const { path, head } of forms) if (head.form !== undefined && (await has(head.form))) chosen = path;
    await applyOne($, name, chosen, tree, kernel);
    if (line !== undefined && (await has(line)))
      throw new Failure(
        'patch-failed',
        `the patch ${name} was applied to Linux ${kernel}, but ${line.path} still has the line that it should remove`,
      );
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
    hint: 'Run without it, or with a tree of your own that it applies to: --source kvm-modules.linux=FOLDER.',
  });
}
