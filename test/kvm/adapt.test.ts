import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { makeMissing, ownObjects } from '../../scripts/kvm/adapt.ts';
import { objectLists, replaceLists, selectedOptions } from '../../scripts/kvm/objects.ts';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

const standIn = join(packageRoot, 'test/fixtures/kvm-kmod');

describe('adapting a kernel to a kvm-kmod that is older', () => {
  it('makes the files that sync opens by name and the kernel no longer has, empty, and touches no other', () => {
    const linux = freshFolder();
    for (const path of ['arch/x86/kvm/mmu', 'arch/x86/kvm/vmx', 'virt/kvm', 'arch/x86/include/asm'])
      mkdirSync(join(linux, path), { recursive: true });
    for (const path of ['virt/kvm/kvm_main.c', 'virt/kvm/eventfd.c', 'arch/x86/kvm/x86.c'])
      writeFileSync(join(linux, path), 'its own\n');
    const made = makeMissing(readFileSync(join(standIn, 'sync'), 'utf8'), linux);
    expect(made).toContain('arch/x86/kvm/svm.c');
    expect(made).toContain('arch/x86/kvm/vmx/vmenter.S');
    expect(made).toContain('arch/x86/include/asm/kvm_emulate.h');
    expect(made).not.toContain('arch/x86/kvm/kvm_main.c');
    for (const path of made) expect(statSync(join(linux, path)).size).toBe(0);
    expect(readFileSync(join(linux, 'arch/x86/kvm/x86.c'), 'utf8')).toBe('its own\n');
    expect(existsSync(join(linux, 'arch/x86/kvm/kvm_main.c'))).toBe(false);
  });

  it("takes the object lists that the kernel's own Makefile gives under kernel B's configuration", async () => {
    const root = freshFolder();
    mkdirSync(join(root, 'linux/arch/x86/kvm'), { recursive: true });
    mkdirSync(join(root, 'linux/virt/kvm'), { recursive: true });
    mkdirSync(join(root, 'b/include/config'), { recursive: true });
    writeFileSync(join(root, 'b/include/config/auto.conf'), 'CONFIG_X86_64=y\nCONFIG_KVM=m\n');
    writeFileSync(
      join(root, 'linux/virt/kvm/Makefile.kvm'),
      'KVM ?= ../../../virt/kvm\nkvm-y := $(KVM)/kvm_main.o\nkvm-$(CONFIG_NEW) += $(KVM)/new.o\n',
    );
    writeFileSync(
      join(root, 'linux/arch/x86/kvm/Makefile'),
      'include $(srctree)/virt/kvm/Makefile.kvm\nkvm-y += x86.o\nkvm-$(CONFIG_X86_64) += mmu/tdp.o\nkvm-$(CONFIG_OFF) += off.o\n' +
        'kvm-intel-y += vmx/vmx.o\nkvm-amd-y += svm/svm.o\nobj-$(CONFIG_KVM) += kvm.o\n',
    );
    const lists = await objectLists({ $: $({ quiet: true }) }, join(root, 'linux'), join(root, 'b'), ['NEW']);
    expect(lists).toEqual({
      kvm: ['kvm_main.o', 'new.o', 'x86.o', 'mmu/tdp.o'],
      'kvm-intel': ['vmx/vmx.o'],
      'kvm-amd': ['svm/svm.o'],
    });
    const kbuild =
      'kvm-objs := old.o \\\n\tcompat.o\nkvm-objs += vfio.o\nkvm-intel-objs := ../own.o vmx.o\nkvm-amd-objs := svm.o\n';
    const own = new Set(['compat.o', '../own.o']);
    expect(
      replaceLists(kbuild, lists, (object) => own.has(object))
        .split('\n')
        .slice(-4, -1),
    ).toEqual([
      'kvm-objs := kvm_main.o new.o x86.o mmu/tdp.o compat.o',
      'kvm-intel-objs := vmx/vmx.o ../own.o',
      'kvm-amd-objs := svm/svm.o',
    ]);
  });

  it("does not take what an earlier sync left in kvm-kmod's tree for kvm-kmod's own", () => {
    const root = freshFolder();
    const write = (path: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '');
    };
    for (const name of ['x86.c', 'svm.c', 'kvm.mod.c', 'compat-x86.c', 'vfio.c']) write(`kmod/x86/${name}`);
    write('kmod/hyperv.c');
    for (const path of ['arch/x86/kvm/x86.c', 'arch/x86/kvm/svm.c', 'virt/kvm/vfio.c'])
      write(`linux/${path}`);
    const isOwn = ownObjects(join(root, 'kmod'), join(root, 'linux'));
    const objects = ['x86.o', 'svm.o', 'vfio.o', 'kvm.mod.o', 'hyperv.o', 'compat-x86.o', '../hyperv.o'];
    expect(objects.filter(isOwn)).toEqual(['compat-x86.o', '../hyperv.o']);
  });

  it('knows the options that KVM selects whatever else is configured', () => {
    const kconfig = `config KVM
\ttristate "KVM"
\tselect PREEMPT_NOTIFIERS
\tselect HAVE_KVM_PFNCACHE
\tselect KVM_ASYNC_PF if X86_64
\thelp
\t  select nothing here

config KVM_INTEL
\tselect OTHER
`;
    expect(selectedOptions(kconfig)).toEqual(['PREEMPT_NOTIFIERS', 'HAVE_KVM_PFNCACHE']);
  });
});
