import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { Failure } from '#base';
import type { Step } from 'cidermill/step';

/** Python 2's `file`, byte for byte, in Python 3. */
const fileOfPython2 = `def file(path, mode='r'):
    return open(path, mode, encoding='utf-8', errors='surrogateescape', newline='')
`;

/**
 * Makes kvm-kmod's `sync` run here. It is written in Python 2; on a host without that, 2to3 makes Python 3 of it.
 * @param path of `sync`, in the work folder
 * @throws Failure 'no-python' when this environment has neither
 */
export async function readySync({ $ }: Pick<Step, '$'>, path: string): Promise<void> {
  const [first = '', ...rest] = readFileSync(path, 'utf8').split('\n');
  chmodSync(path, 0o755);
  if (!/^#!.*\bpython2?\s*$/.test(first)) return;
  writeFileSync(path, onlyX86(rest.join('\n')));
  // Python 2 takes a tab for eight columns, Python 3 takes it for a fault.
  const spaced = (await $`expand ${path}`.quiet()).stdout;
  const python2 = (await $`python2 -c 'import sys; print(sys.executable)'`.nothrow().quiet()).stdout.trim();
  if (python2 !== '') {
    writeFileSync(path, `#!${python2}\n${spaced}`);
    return;
  }
  writeFileSync(path, spaced);
  const converted = await $`python3 -W ignore -m lib2to3 --nobackups --write --no-diffs ${path}`.nothrow();
  if (converted.exitCode !== 0) {
    throw new Failure(
      'no-python',
      `kvm-kmod's sync is written in Python 2, which is not installed, and 2to3 could not convert it:\n${converted.stderr.trim()}`,
      { hint: 'Install python2, or the package python3-lib2to3 of a Python before 3.13.' },
    );
  }
  writeFileSync(path, `#!/usr/bin/env python3\n${fileOfPython2}${readFileSync(path, 'utf8')}`);
}

/** Older tags also bring ia64's KVM, of which A's tree has nothing here. */
export function onlyX86(sync: string): string {
  return sync.replace(/^for arch in \[.*'x86'.*\]:/m, "for arch in ['x86']:");
}

/** Older tags have `sync` install headers for QEMU as well, for which A's whole tree would have to be there. */
export function syncTarget(makefile: string): string {
  return /^sync-kmod:/m.test(makefile) ? 'sync-kmod' : 'sync';
}
