import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { includedHeaders, lackingHeaders } from '../../scripts/kvm/lacking.ts';
import { freshFolder } from '../rig/folder.ts';

function tree(files: Readonly<Record<string, string>>): string {
  const root = freshFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const linux = (): string =>
  tree({
    'arch/x86/kvm/x86.c': '#include <linux/kvm_host.h>\n#include "x86.h"\n# include <asm/vmxfeatures.h>\n',
    'arch/x86/kvm/vmx/vmenter.S': '#include <asm/asm.h>\n// #include <asm/never.h>\n',
    'virt/kvm/kvm_main.c': '#include <linux/kvm_host.h>\n#include <asm/memtype.h>\n#include <asm/made.h>\n',
  });
const kmod = (): string => tree({ 'include/linux/kvm_host.h': '', 'x86/x86.c': '' });

describe('the headers that kernel B lacks for KVM of kernel A', () => {
  it('are those that A includes and that neither kvm-kmod nor B has, generated ones and those of its source counted', async () => {
    expect(includedHeaders(linux())).toEqual([
      ...['asm/asm.h', 'asm/made.h', 'asm/memtype.h', 'asm/vmxfeatures.h', 'linux/kvm_host.h'],
    ]);
    const source = tree({ 'include/linux/module.h': '', 'arch/x86/include/asm/asm.h': '' });
    for (const makefile of [`include ${source}/Makefile\n`, `MAKEARGS := -C ${source} O=/x\n`]) {
      const folder = tree({ Makefile: makefile, 'arch/x86/include/generated/asm/made.h': '' });
      expect(await lackingHeaders({ $: $({ quiet: true }) }, { folder }, linux(), kmod())).toEqual([
        'asm/memtype.h',
        'asm/vmxfeatures.h',
      ]);
    }
  });

  it('are not named where it is not known where the headers of B lie', async () => {
    const folder = tree({ Makefile: '' });
    expect(await lackingHeaders({ $: $({ quiet: true }) }, { folder }, linux(), kmod())).toEqual([]);
  });
});
