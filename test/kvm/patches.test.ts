import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { applyPatches, readPatchHead } from '../../scripts/kvm/patches.ts';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

const patches = join(packageRoot, 'recipes/patches');

/** The lines around what the patches change, as kernels before 3.15 have them. */
const oldKernel: Readonly<Record<string, string>> = {
  'virt/kvm/ioapic.c': `int kvm_ioapic_set_irq(struct kvm_ioapic *ioapic, int irq, int level)
{
\tif (irq >= 0 && irq < IOAPIC_NUM_PINS) {
\t\tentry = ioapic->redirtbl[irq];
\t\tirq_level ^= entry.fields.polarity;
\t\tif (!irq_level)
\t\t\tioapic->irr &= ~mask;
\t}
}
`,
  'arch/x86/kvm/vmx.c': `static int handle_pause(struct kvm_vcpu *vcpu)
{
\treturn 1;
}

static int handle_invalid_op(struct kvm_vcpu *vcpu)
{
\tkvm_queue_exception(vcpu, UD_VECTOR);
\treturn 1;
}

static int (*kvm_vmx_exit_handlers[])(struct kvm_vcpu *vcpu) = {
\t[EXIT_REASON_PAUSE_INSTRUCTION]       = handle_pause,
\t[EXIT_REASON_MWAIT_INSTRUCTION]\t      = handle_invalid_op,
\t[EXIT_REASON_MONITOR_INSTRUCTION]     = handle_invalid_op,
};
`,
  'arch/x86/kvm/svm.c': `static int skinit_interception(struct vcpu_svm *svm)
{
\treturn 1;
}

static int invalid_op_interception(struct vcpu_svm *svm)
{
\tkvm_queue_exception(&svm->vcpu, UD_VECTOR);
\treturn 1;
}

static int (*svm_exit_handlers[])(struct vcpu_svm *svm) = {
\t[SVM_EXIT_WBINVD]                       = emulate_on_interception,
\t[SVM_EXIT_MONITOR]\t\t\t= invalid_op_interception,
\t[SVM_EXIT_MWAIT]\t\t\t= invalid_op_interception,
\t[SVM_EXIT_XSETBV]\t\t\t= xsetbv_interception,
};
`,
  'include/uapi/linux/kvm.h': '#define KVM_CAP_HYPERV_TIME 96\n',
};

function kernel(files: Readonly<Record<string, string>>): string {
  const root = freshFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, 'tree', dirname(path)), { recursive: true });
    writeFileSync(join(root, 'tree', path), text);
  }
  return root;
}

/** As a step does it: commands and script in the same work folder. */
async function apply(root: string, names: readonly string[], from = patches): Promise<string[]> {
  const before = process.cwd();
  process.chdir(root);
  try {
    return await applyPatches({ $: $({ quiet: true, cwd: root }) }, names, from, 'tree', '3.14.79');
  } finally {
    process.chdir(before);
  }
}

describe('the patches of KVM', () => {
  it('say why they are there, what they were written after, and which kernel has them', () => {
    for (const name of readdirSync(patches)) {
      const text = readFileSync(join(patches, name), 'utf8');
      expect(text).toMatch(/^Reason: .{20}/m);
      expect(text).toMatch(/^Source: written for cidermill /m);
      expect(readPatchHead(name, text).upstream).toMatch(/^Linux 3\.1[56]$/);
    }
  });

  it('apply to a kernel that lacks what they bring', async () => {
    const root = kernel(oldKernel);
    expect(await apply(root, ['ioapic-polarity', 'mwait'])).toEqual([
      'ioapic-polarity: applied',
      'mwait: applied',
    ]);
    const text = (path: string): string => readFileSync(join(root, 'tree', path), 'utf8');
    expect(text('virt/kvm/ioapic.c')).not.toContain('polarity');
    expect(text('arch/x86/kvm/vmx.c')).toMatch(/\[EXIT_REASON_MONITOR_INSTRUCTION\]\s+= handle_idle_hint/);
    expect(text('arch/x86/kvm/vmx.c')).toMatch(
      /static int handle_idle_hint\([^)]*\)\n\{[^}]*\}\n\nstatic int handle_invalid_op/,
    );
    expect(text('arch/x86/kvm/svm.c').match(/idle_hint_interception/g)).toHaveLength(3);
    expect(readdirSync(join(root, 'tree/virt/kvm'))).toEqual(['ioapic.c']);
  });

  it('are skipped, and said to be, where the kernel has them', async () => {
    const root = kernel({
      'include/uapi/linux/kvm.h': '#define KVM_CAP_IOAPIC_POLARITY_IGNORED 97\n',
      'arch/x86/kvm/x86.c': 'int kvm_emulate_mwait(struct kvm_vcpu *vcpu)\n',
    });
    expect(await apply(root, ['mwait', 'ioapic-polarity'])).toEqual([
      'mwait: skipped, Linux 3.14.79 has it (upstream since Linux 3.16)',
      'ioapic-polarity: skipped, Linux 3.14.79 has it (upstream since Linux 3.15)',
    ]);
  });

  it('apply in the form that kernels before 3.6 have, and are skipped where a vendor took the line away', async () => {
    const before = oldKernel['virt/kvm/ioapic.c'] ?? '';
    const older = before.replaceAll('irq_level', 'level');
    const root = kernel({ ...oldKernel, 'virt/kvm/ioapic.c': older });
    expect(await apply(root, ['ioapic-polarity'])).toEqual(['ioapic-polarity: applied']);
    const text = readFileSync(join(root, 'tree/virt/kvm/ioapic.c'), 'utf8');
    expect(text).toBe(older.replace(/\t*level \^= .*\n/, ''));
    const backported = kernel({
      ...oldKernel,
      'virt/kvm/ioapic.c': before.replace(/\t*irq_level \^= .*\n/, ''),
    });
    expect(await apply(backported, ['ioapic-polarity'])).toEqual([
      'ioapic-polarity: skipped, this Linux 3.14.79 does not have the line that the patch removes',
    ]);
  });

  it('stop the step with the hunk that does not apply', async () => {
    const root = kernel({
      ...oldKernel,
      'virt/kvm/ioapic.c': (oldKernel['virt/kvm/ioapic.c'] ?? '').replace(
        'entry.fields.polarity',
        'fields->polarity',
      ),
    });
    await expect(apply(root, ['ioapic-polarity'])).rejects.toMatchObject({
      code: 'patch-failed',
      message: expect.stringMatching(
        /ioapic-polarity does not apply to Linux 3\.14\.79:[^]*virt\/kvm\/ioapic\.c[^]*-\tirq_level \^= entry\.fields\.polarity;/,
      ) as string,
    });
  });

  it('are named when one is asked for that is not there, and one without its head is refused', async () => {
    const folder = freshFolder();
    cpSync(patches, folder, { recursive: true });
    writeFileSync(join(folder, 'odd.patch'), '--- a/x\n+++ b/x\n');
    await expect(apply(kernel(oldKernel), ['odd'], folder)).rejects.toMatchObject({ code: 'bad-patch' });
    await expect(apply(kernel(oldKernel), ['mwiat'])).rejects.toMatchObject({
      code: 'unknown-patch',
      hint: 'There are ioapic-polarity, mwait.',
    });
  });
});
