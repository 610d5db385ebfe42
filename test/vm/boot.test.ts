import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boot, type BootRequest, type BootResult, type Spawn } from '../../src/vm/index.ts';
import { buildGuest, halt, sendText, showText, temporaryFolder } from './guests.ts';

const debugConsole = 0xe9;
const serialLine = 0x3f8;

/** A boot of a guest made from assembly, in a small machine; remembers QEMU's process. */
function bootGuest(
  code: string,
  more: Partial<BootRequest> = {},
): { result: Promise<BootResult>; child: () => ChildProcess } {
  let child: ChildProcess | undefined;
  const remember: Spawn = (command, args, options) => {
    child = spawn(command, args, options);
    return child;
  };
  const machine = ['-nodefaults', '-no-reboot', '-machine', 'pc', '-m', '64', '-vga', 'std'];
  const result = boot({
    spawn: remember,
    command: 'qemu-system-x86_64',
    args: [...machine, '-device', 'isa-debug-exit,iobase=0xf4', '-kernel', buildGuest(code)],
    folder: temporaryFolder(),
    milestones: [],
    milliseconds: 60_000,
    ...more,
  });
  return {
    result,
    child: () => {
      if (child === undefined) throw new Error('nothing was started');
      return child;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

describe('boot', () => {
  it('sees milestones on the debug console, the serial line and the screen, in their order', async () => {
    const code = [
      sendText('loader 1.0\n', debugConsole),
      sendText('Darwin Kernel Version\r\n', serialLine),
      showText('Welcome'),
      halt,
    ].join('\n');
    const { result, child } = bootGuest(code, {
      milestones: [
        { name: 'loader', where: 'console', pattern: /^loader (.+)$/ },
        { name: 'kernel', where: 'serial', pattern: 'Darwin Kernel' },
        { name: 'greeting', where: 'screen', pattern: /^Welcome/ },
      ],
    });
    const { reached, serial, screen } = await result;
    expect(reached.map(({ milestone, seen }) => [milestone, seen.slice(0, 7)])).toEqual([
      ['loader', 'loader '],
      ['kernel', 'Darwin '],
      ['greeting', 'Welcome'],
    ]);
    expect(serial).toEqual(['Darwin Kernel Version']);
    expect(screen[0]).toMatch(/^Welcome/);
    expect(hasEnded(child())).toBe(true);
  });

  it('names the milestone that did not come in time, shows what was seen, and leaves no QEMU', async () => {
    const code = [sendText('first\nalmost seco', debugConsole), showText('Panic!'), halt].join('\n');
    const { result, child } = bootGuest(code, {
      milestones: [
        { name: 'one', where: 'console', pattern: 'first' },
        { name: 'two', where: 'console', pattern: 'second' },
        { name: 'three', where: 'console', pattern: 'third' },
      ],
      milliseconds: 6000,
    });
    const error = (await result.catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ name: 'BootFailure', code: 'boot-timeout' });
    const lines = error.message.split('\n');
    expect(lines[0]).toBe('milestone two ("second" on the debug console) did not come within 6 s');
    expect(lines[1]).toBe('Milestones seen: one.');
    expect(lines).toContain('  | almost seco');
    expect(lines.find((line) => line.startsWith('  | Panic!'))).toBeDefined();
    expect(hasEnded(child())).toBe(true);
  });

  it('does not take milestones in another order for a success', async () => {
    const { result } = bootGuest([sendText('b\na\n', debugConsole), exit(32), halt].join('\n'), {
      milestones: [
        { name: 'a', where: 'console', pattern: /^a$/ },
        { name: 'b', where: 'console', pattern: /^b$/ },
      ],
    });
    await expect(result).rejects.toThrow(
      /^milestone b .* did not come; QEMU ended with exit code 65\nMilestones seen: a\./,
    );
  });

  it('fails when every milestone was seen but the exit code is another', async () => {
    const { result } = bootGuest(
      [sendText('all seen\n', debugConsole), waitForKey, exit(7), halt].join('\n'),
      {
        milestones: [{ name: 'seen', where: 'console', pattern: 'all seen' }],
        exit: {
          code: 65,
          release: async (qmp) => {
            await qmp.execute('send-key', { keys: [{ type: 'qcode', data: 'ret' }] });
          },
        },
      },
    );
    await expect(result).rejects.toThrow(
      /^every milestone was seen, but QEMU ended with exit code 15, not with exit code 65/,
    );
  });

  it('takes what a guest wrote just before its end, and names what it did not write', async () => {
    const code = [sendText('one\ntwo\n', debugConsole), exit(32), halt].join('\n');
    const { result } = bootGuest(code, {
      milestones: ['one', 'two', 'three'].map((name) => ({ name, where: 'console' as const, pattern: name })),
    });
    await expect(result).rejects.toThrow(
      /^milestone three .* did not come; QEMU ended with exit code 65\nMilestones seen: one, two\./,
    );
  });

  it('survives a guest that floods its console', async () => {
    const flood = "mov $'x', %al\nmov $0xe9, %dx\nmov $300000, %ecx\nflood: out %al, %dx\nloop flood";
    const code = [
      sendText('start\n', debugConsole),
      flood,
      sendText('\nend\n', debugConsole),
      exit(32),
      halt,
    ];
    const { result } = bootGuest(code.join('\n'), {
      milestones: ['start', 'end', 'never'].map((name) => ({
        name,
        where: 'console' as const,
        pattern: name,
      })),
    });
    const error = (await result.catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/^milestone never .*\nMilestones seen: start, end\./);
    expect(error.message.length).toBeLessThan(10_000);
  });

  it('ends QEMU when it is told to stop, and throws the reason', async () => {
    const controller = new AbortController();
    const { result, child } = bootGuest([sendText('up\n', debugConsole), halt].join('\n'), {
      milestones: [
        { name: 'up', where: 'console', pattern: 'up' },
        { name: 'never', where: 'screen', pattern: 'never' },
      ],
      signal: controller.signal,
      onReached: () => controller.abort(new Error('Ctrl-C')),
    });
    await expect(result).rejects.toThrow('Ctrl-C');
    expect(hasEnded(child())).toBe(true);
  });

  it('shows what QEMU says when it does not take its arguments', async () => {
    const { result } = bootGuest(halt, {
      args: ['-machine', 'no-such-machine'],
      milestones: [{ name: 'up', where: 'console', pattern: 'up' }],
    });
    await expect(result).rejects.toThrow(
      /^milestone up .* did not come; QEMU ended with exit code 1\n(.*\n)*QEMU says:\n.*unsupported machine type/,
    );
  });

  it('says which program cannot be started', async () => {
    const { result } = bootGuest(halt, {
      command: join(temporaryFolder(), 'no-qemu'),
      milestones: [{ name: 'up', where: 'console', pattern: 'up' }],
    });
    await expect(result).rejects.toThrow(/no-qemu is needed but is not installed/);
  });

  it("names the row that a guest's menu does not have", async () => {
    const menu = [showText('  Macintosh HD'), 'movb $0x70, 0xb8001', halt].join('\n');
    const { result } = bootGuest(menu, {
      milestones: [
        { kind: 'pick', pattern: 'Macintosh' },
        { kind: 'pick', pattern: /^ *Other/ },
      ],
      milliseconds: 4000,
    });
    await expect(result).rejects.toThrow(
      /^a highlighted row with \/\^ \*Other\/ on the screen did not come within 4 s\n(.*\n)* {2}\| {3}Macintosh HD/,
    );
  });

  it('ends with what was to be done when QEMU ends before', async () => {
    const { result } = bootGuest([sendText('up\n', debugConsole), exit(32), halt].join('\n'), {
      milestones: [
        { name: 'up', where: 'console', pattern: 'up' },
        { name: 'size', where: 'display', pattern: '1280x1024' },
        { kind: 'type', text: '-v' },
      ],
    });
    await expect(result).rejects.toThrow(
      /^milestone size \("1280x1024" on the display's size\) did not come; QEMU ended with exit code 65/,
    );
  });

  it('types nothing of a text that has a character without a key', async () => {
    const { result } = bootGuest([sendText('up\n', debugConsole), waitForKey, exit(1), halt].join('\n'), {
      milestones: [
        { name: 'up', where: 'console', pattern: 'up' },
        { kind: 'type', text: 'aö' },
      ],
    });
    await expect(result).rejects.toThrow(
      /^the moment to type "aö" did not come: "ö" cannot be typed on the US layout/,
    );
  });

  it('takes a PNG that other programs read', async () => {
    const folder = temporaryFolder();
    const { result } = bootGuest([showText('Picture'), halt].join('\n'), {
      folder,
      milestones: [{ name: 'picture', where: 'screen', pattern: 'Picture' }],
      screenshot: 'screen.png',
    });
    const { screenshot } = await result;
    const file = join(folder, 'screen.png');
    expect(execFileSync('file', ['-b', file], { encoding: 'utf8' })).toContain(
      `PNG image data, ${screenshot?.width} x ${screenshot?.height}`,
    );
    expect(readFileSync(file).length).toBeGreaterThan(500);
    expect(existsSync(join(folder, 'text-screen.bin'))).toBe(false);
  });
});

/** Waits until the keyboard controller has a byte. */
const waitForKey = 'key: in $0x64, %al\ntest $1, %al\njz key';

/** Ends QEMU with exit status 2 × code + 1. */
function exit(code: number): string {
  return `mov $${code}, %al\nout %al, $0xf4`;
}
