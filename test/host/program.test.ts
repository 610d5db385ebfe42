import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { askProgram } from '../../src/host/programs/ask-program.ts';
import { run, runForBytes, runWell } from '../../src/host/programs/program.ts';
import { freshFolder } from '../rig/folder.ts';

const shell = (script: string, options: Parameters<typeof run>[2] = {}) => run('sh', ['-c', script], options);

describe('run', () => {
  it('gives both outputs and the exit code, in the C locale', async () => {
    expect(await shell('echo out; echo err >&2; echo $LC_ALL; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\nC\n',
      stderr: 'err\n',
    });
  });

  it('hands over its input, and does not mind a program that reads none of it', async () => {
    const input = Buffer.alloc(1 << 20, 'x');
    expect((await runForBytes('cat', [], { input })).stdout.equals(input)).toBe(true);
    expect((await run('true', [], { input })).exitCode).toBe(0);
  });

  it('shows only the environment given, where that is asked for', async () => {
    const { PATH = '' } = process.env;
    const { stdout } = await run('env', [], { onlyEnvironment: { PATH, ONE: '1' } });
    expect(stdout.trim().split('\n').sort()).toEqual(['ONE=1', `PATH=${PATH}`]);
  });

  it('ends a program that takes too long, also one that does not listen', async () => {
    expect((await shell('sleep 0.01', { timeout: 60_000 })).exitCode).toBe(0);
    await expect(shell('exec sleep 60', { timeout: 50 })).rejects.toMatchObject({
      code: 'program-killed',
      message: 'sh was stopped: it took longer than 0.05 s',
    });
  });

  it('ends a program when its signal says so, with the reason of the signal', async () => {
    const stop = new AbortController();
    const ended = shell('exec sleep 60', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
  });

  it('ends a program that writes more than it may', async () => {
    expect((await shell('head -c 1000 /dev/zero', { limit: 1000 })).stdout).toHaveLength(1000);
    await expect(shell('exec cat /dev/zero', { limit: 1000 })).rejects.toMatchObject({
      code: 'too-much-output',
      message: 'sh wrote more than 1000 bytes',
    });
  });

  it.each([
    [
      'is not there',
      'no-such-program',
      [],
      'the program no-such-program is needed but is not installed',
      'Install abc.',
    ],
    [
      'cannot take an argument',
      'true',
      ['a\0b'],
      'the program true cannot be started: an argument contains a zero byte',
    ],
    [
      'cannot take as much',
      'true',
      ['x'.repeat(1 << 20)],
      'the program true cannot be started: its arguments are too long',
    ],
    ['is a folder', '/etc', [], 'the program /etc cannot be started: permission denied'],
  ])('says why a program cannot be started that %s', async (_what, program, args, message, hint?: string) => {
    await expect(run(program, args, { from: 'abc' })).rejects.toMatchObject({
      code: 'no-program',
      message,
      hint,
    });
  });

  it('shows the end of what a failed program says', async () => {
    await expect(
      runWell('sh', ['-c', 'echo why >&2; exit 4'], { what: 'it was tried' }),
    ).rejects.toMatchObject({
      code: 'program-failed',
      message: 'it was tried: sh ended with exit code 4\nwhy',
    });
  });
});

describe('a program that is started', () => {
  it('has no descriptor of whoever started cidermill, once the launcher has closed them', () => {
    const script = join(freshFolder(), 'script.mts');
    const source = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../..', name)));
    writeFileSync(
      script,
      `import { spawnSync } from 'node:child_process';
       import { closeInherited } from ${source('bin/descriptors.mjs')};
       import { run } from ${source('src/host/programs/program.ts')};
       import { askProgram } from ${source('src/host/programs/ask-program.ts')};
       const args = ['-c', 'readlink /proc/self/fd/200; readlink /proc/self/fd/201; true'];
       const plain = spawnSync('sh', args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' }).stdout;
       await closeInherited();
       const runs = (await run('sh', args)).stdout;
       console.log(JSON.stringify({ plain, runs, asks: askProgram('sh', args).stdout }));`,
    );
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), script];
    const text = execFileSync('bash', ['-c', 'exec 200</etc 201</; "$@"', 'bash', ...node], {
      encoding: 'utf8',
    });
    expect(JSON.parse(text)).toEqual({
      plain: '/etc\n/\n',
      runs: '',
      asks: '',
    });
  });
});

describe('askProgram', () => {
  it('gives what a program answers, or nothing when it cannot be asked', () => {
    expect(askProgram('sh', ['-c', 'echo yes; exit 2'])).toEqual({
      exitCode: 2,
      stdout: 'yes\n',
      stderr: '',
    });
    expect(askProgram('no-such-program', [])).toBeUndefined();
    expect(askProgram('sh', ['-c', 'kill -9 $$'])).toBeUndefined();
  });
});
