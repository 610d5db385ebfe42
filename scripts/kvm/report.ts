import { mkdirSync, writeFileSync } from 'node:fs';
import { kernelNeeds } from '#host/kernel';
import type { Step } from 'cidermill/step';
import type { Kernels } from './kernels.ts';

/** What every KVM recipe makes: the modules, or none and the reason, and a report that says which. */
export const moduleNames = ['kvm.ko', 'kvm-intel.ko', 'kvm-amd.ko'] as const;

/**
 * Before any work: does kernel B need modules at all? When it does not, and `build` does not ask for them all the
 * same, the answer becomes the step's result.
 * @returns the answer's lines; undefined when nothing is left to do
 */
export async function preflight(step: Step, kernels: Kernels): Promise<readonly string[] | undefined> {
  const { patches, lines } = kernelNeeds(kernels.b, await seenFixes(step, kernels));
  const needed = patches.length > 0;
  if (needed || step.text('build') === 'always') return lines;
  mkdirSync('modules');
  await publish(step, [...lines, 'nothing was built; build=always builds the modules anyway']);
  return undefined;
}

/** Vendors bring fixes to older kernels: the IOAPIC's is one that the headers show, wherever they lie. */
async function seenFixes({ $ }: Step, { folder }: Kernels): Promise<string[]> {
  const places = ['', 'source/'].flatMap((at) => [
    `${at}include/uapi/linux/kvm.h`,
    `${at}include/linux/kvm.h`,
  ]);
  const files = places.map((place) => `${folder}/${place}`);
  const found = await $`grep -qs KVM_CAP_IOAPIC_POLARITY_IGNORED ${files}`.nothrow().quiet();
  return found.exitCode === 0 ? ['ioapic-polarity'] : [];
}

/** Checks what was built, and puts it where it is expected. @param built the folder with the .ko files, in the work folder */
export async function publishModules(
  step: Step,
  kernels: Kernels,
  built: string,
  lines: readonly string[],
): Promise<void> {
  const { $ } = step;
  mkdirSync('modules');
  await $`cp ${moduleNames.map((name) => `${built}/${name}`)} modules/`;
  const magic = (await $`modinfo -F vermagic modules/kvm.ko`.quiet()).stdout.trim();
  await publish(step, [`KVM of Linux ${kernels.a} for ${kernels.b}, vermagic "${magic}"`, ...lines]);
}

async function publish(step: Step, lines: readonly string[]): Promise<void> {
  for (const line of lines) step.note(line);
  writeFileSync('report.txt', lines.map((line) => `${line}\n`).join(''));
  await step.output('modules', 'modules');
  await step.output('report', 'report.txt');
}
