import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../vm/guests.ts';
import { buildKernel } from './standins.ts';

let kernel = '';
beforeAll(() => {
  kernel = buildKernel();
});

function judge(program: string, ...args: readonly string[]): string {
  return execFileSync(program, [...args, kernel], { encoding: 'utf8' });
}

describe('the stand-in kernel as a Mach-O file', () => {
  it('is an executable for x86-64 with the segments and the entry of a kernel, as LLVM reads it', () => {
    const headers = judge('llvm-objdump', '--macho', '--private-headers');
    expect(headers).toMatch(/MH_MAGIC_64 +X86_64 +ALL +0x00 +EXECUTE +5 +\d+ +NOUNDEFS/);
    expect(Array.from(headers.matchAll(/^ +cmd (\S+)$/gm), ([, name]) => name)).toEqual([
      ...['LC_SEGMENT_64', 'LC_SEGMENT_64', 'LC_SEGMENT_64', 'LC_SYMTAB', 'LC_UNIXTHREAD'],
    ]);
    const segments = Array.from(
      headers.matchAll(/^ +cmd LC_SEGMENT_64\n +cmdsize \d+\n +segname (\S+)\n +vmaddr (\S+)/gm),
      (match) => match.slice(1).join(' '),
    );
    expect(segments[0]).toBe('__TEXT 0xffffff8000200000');
    expect(segments.map((segment) => segment.split(' ')[0])).toEqual(['__TEXT', '__DATA', '__LINKEDIT']);
    // What lies past the end of the file is said so, and only zero fill may.
    expect(headers.match(/past end of file/g)).toHaveLength(1);
    expect(headers).toMatch(/sectname __bss[^]*?past end of file[^]*?S_ZEROFILL/);
    const start = /([0-9a-f]{16}) T _start/.exec(judge('llvm-nm'))?.[1];
    expect(headers).toContain(`rip 0x${start ?? 'no symbol'}`);
  });

  it('begins with 32-bit code that switches to long mode', () => {
    const code = judge(
      'llvm-objdump',
      '-d',
      '--no-show-raw-insn',
      '--triple=i386',
      '--stop-address=0xffffff8000200390',
    );
    expect(code).toMatch(/wrmsr[^]*movl\s+%eax, %cr0[^]*lgdtl[^]*ljmpl/);
  });

  it('is taken apart by 7-Zip', () => {
    const list = judge('7zz', 'l');
    expect(list).toMatch(/^CPU = x64$/m);
    expect(list).toMatch(/^Characteristics = EXECUTE NOUNDEFS$/m);
  });

  it('has the text that loaders look for, with the version that was asked for', () => {
    expect(readFileSync(kernel, 'latin1')).toContain('Darwin Kernel Version 14.5.0: ');
    expect(readFileSync(buildKernel('10.8.0'), 'latin1')).toContain('Darwin Kernel Version 10.8.0: ');
  });

  it('is the same, byte for byte, when it is built in another folder', () => {
    const folder = join(temporaryFolder(), 'a-longer-name');
    mkdirSync(folder);
    expect(readFileSync(buildKernel('14.5.0', folder)).equals(readFileSync(kernel))).toBe(true);
  });
});
