import { readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import { compareKernels, parseKernelVersion, seriesOf, showSeries } from '#host/kernel';
import { step } from 'cidermill/step';
import { make, pathFree } from './kvm/build.ts';
import { readKernels } from './kvm/kernels.ts';
import { applyPatches } from './kvm/patches.ts';
import { preflight, publishModules } from './kvm/report.ts';

const here = await step();
const { $, source, list } = here;
const [linux, patches] = [source('linux'), source('patches')] as const;

const kernels = await readKernels(here, linux);
const needs = await preflight(here, kernels);
if (needs !== undefined) await build(needs);

async function build(lines: readonly string[]): Promise<void> {
  const [a, b] = [kernels.a, kernels.b].map(parseKernelVersion) as [never, never];
  if (compareKernels(seriesOf(a), seriesOf(b)) !== 0) {
    throw new Failure(
      'kernel-mismatch',
      `KVM of Linux ${kernels.a} is not built for Linux ${kernels.b}: outside of its own tree it can only be built for kernels of the same series`,
      { hint: `Take a tree of Linux ${showSeries(b)}; the recipe kvm-kmod is for two kernels that differ.` },
    );
  }
  // KVM's own headers come before B's, so that a point release of B that differs from A's does not matter.
  await $`mkdir tree && cd ${linux} && find arch/x86/kvm virt/kvm include arch/x86/include -type f \
    '(' -path '*/kvm/*' -o -name 'kvm*.h' -o -path '*/asm/svm.h' -o -path '*/asm/vmx.h' ')' -print0 |
    xargs -0 cp --parents --no-preserve=mode -t "$OLDPWD/tree"`;
  const applied = await applyPatches(here, list('patches'), patches, 'tree', kernels.a);

  const tree = `${(await $`pwd`.quiet()).stdout.trim()}/tree`;
  const include = ['include', 'include/uapi', 'arch/x86/include', 'arch/x86/include/uapi'];
  edit('tree/arch/x86/kvm/Makefile', (makefile) =>
    [
      `LINUXINCLUDE := ${include.map((folder) => `-I${tree}/${folder}`).join(' ')} $(LINUXINCLUDE)`,
      // What the Makefile takes for the kernel's own tree is this one: $(srctree)/… since 5.12, relative before.
      makefile
        .replaceAll('$(srctree)/', `${tree}/`)
        .replaceAll('-Iarch/x86/kvm', `-I${tree}/arch/x86/kvm`)
        .replaceAll('-Ivirt/kvm', `-I${tree}/virt/kvm`),
    ].join('\n'),
  );
  // A tracepoint's header includes itself by a path that is relative to the kernel's include/trace.
  edit('tree/arch/x86/kvm/trace.h', (header) =>
    header.replace(/^#define TRACE_INCLUDE_PATH .*$/m, '#define TRACE_INCLUDE_PATH .'),
  );
  await make(here, ['-C', kernels.folder, `M=${tree}/arch/x86/kvm`, ...pathFree(tree), 'modules']);
  await publishModules(here, kernels, 'tree/arch/x86/kvm', [...applied, ...lines]);
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}
