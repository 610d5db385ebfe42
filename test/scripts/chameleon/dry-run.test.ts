import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDryRun } from '../../../scripts/chameleon/dry-run.ts';
import { shellWords } from '../../../scripts/chameleon/shell-words.ts';

describe('words of a command', () => {
  it('are those that bash makes of it', () => {
    const letters = fc.stringMatching(/^[-a-zA-Z0-9_./=+,:@]{1,6}$/);
    const piece = fc.oneof(
      letters,
      letters.map((text) => `'${text} "'`),
      letters.map((text) => `"${text} '\\" \\\\ \\x"`),
      fc.constantFrom('\\"', '\\ ', '\\\\', "\\'", '\\<', '""', "''"),
    );
    const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
    const commands = fc.sample(
      fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('  ')),
      200,
    );
    const script = commands.map((command) => `printf '%s\\0' ${command}; printf '\\n'`).join('\n');
    const said = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(commands.map(shellWords)).toEqual(
      said
        .split('\0\n')
        .slice(0, -1)
        .map((line) => line.split('\0')),
    );
  });
});

describe('what make prints of a dry run', () => {
  it('tells what is compiled with what, linked and generated', () => {
    const output = [
      'echo "\\t[CC] disk.c"',
      'cidermill-cc -Os -g -Werror -arch i386 -D__ARCHITECTURE__=\\"i386\\" -nostdinc -include /t/autoconf.h \\',
      '  -c -I. -I /t/include disk.c -o /t/obj/disk.o -MD -dependency-file /t/obj/disk.d',
      'cidermill-cc -Wa,-n -c -I. -arch i386 boot2.s -MM -M -o /t/obj/boot2.o.Makedep',
      'cidermill-cc -Wa,-n -c -I. -arch i386 -o /t/obj/boot2.o boot2.s',
      'cidermill-cc -Wl,-preload -nostdlib -lcc_kext /t/obj/boot2.o `find . -name \\*.o` -L/t/sym -lsaio -lsa -o boot.sys',
      'cidermill-cc -Wl,-preload -lagain -o boot.sys',
      'echo "#define A" > /t/vers.h',
      'echo "#define B \\"`date "+%Y"`\\"" >> /t/vers.h',
      'cd /t/sym/../doc && xxd -i Help.txt > /t/sym/embedded.h',
      'ar q /t/sym/libsaio.a /t/obj/disk.o &> /dev/null',
    ].join('\n');
    expect(readDryRun(output)).toEqual({
      compilations: [
        {
          source: 'disk.c',
          object: 'disk.o',
          preprocessor: ['-D__ARCHITECTURE__="i386"', '-include', '/t/autoconf.h', '-I.', '-I', '/t/include'],
        },
        { source: 'boot2.s', object: 'boot2.o', preprocessor: ['-I.'] },
      ],
      libraries: ['cc_kext', 'saio', 'sa'],
      otherCompilers: [],
      headers: ['/t/vers.h', '/t/sym/embedded.h'],
    });
  });

  it.each(['ld', '/usr/bin/ld_classic', 'cc'])('knows the command that links by the name %s', (program) => {
    const link = `${program} -static -segalign 20 -preload -o boot.sys boot2.o -lsaio -lsa`;
    expect(readDryRun(`cidermill-cc -c -o boot2.o boot2.s\n${link}`).libraries).toEqual(['saio', 'sa']);
    expect(readDryRun(`mystery ${link}`).libraries).toBeUndefined();
  });

  it('names the compilers that are none of its variables', () => {
    const output = [
      'i686-elf-gcc -m32 -c boot.c -o boot.o',
      'nasm -f elf boot0.s -o boot0.o',
      '/opt/cross/bin/i386-elf-gcc-4.8 -c a.c -o a.o',
      'gcc -o machOconv machOconv.c',
    ];
    expect(readDryRun(output.join('\n'))).toMatchObject({
      compilations: [],
      otherCompilers: ['i686-elf-gcc', 'nasm', '/opt/cross/bin/i386-elf-gcc-4.8'],
    });
  });
});
