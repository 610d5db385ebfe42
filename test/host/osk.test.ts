import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOskReference, resolveOsk, showOskReference } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

const canary = 'this is no key of Apple’s but the test’s own'.replaceAll('’', "'").padEnd(64, '.');
const pc = { vendor: 'QEMU' };

function keyFile(text: string, mode = 0o600): string {
  const path = join(freshFolder(), 'key');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** What is thrown: its code; its text must not hold the key. */
async function failureOf(reference: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    await resolveOsk(parseOskReference(reference), pc, env);
  } catch (error) {
    const failure = error as Error & { code: string; hint?: string };
    expect(`${failure.message} ${failure.hint ?? ''} ${String(failure.cause)}`).not.toContain(
      canary.slice(0, 20),
    );
    return failure.code;
  }
  return 'none';
}

describe("a reference to the user's key", () => {
  it('is an environment variable', async () => {
    expect(await resolveOsk(parseOskReference('env:KEY'), pc, { KEY: canary })).toBe(canary);
  });

  it('is a file, with or without a line feed at its end', async () => {
    expect(await resolveOsk(parseOskReference(`file:${keyFile(canary)}`), pc)).toBe(canary);
    expect(await resolveOsk(parseOskReference(`file:${keyFile(`${canary}\n`, 0o400)}`), pc)).toBe(canary);
  });

  it.each([['key'], ['env:'], ['env:A B'], ['file:'], ['smc:'], ['smc:x'], [canary], ['ENV:KEY']])(
    'is not %s, which is not repeated',
    (text) => {
      expect(() => parseOskReference(text)).toThrow(/^this is not a reference to a key$/);
    },
  );

  it('is shown without the key', () => {
    expect(showOskReference(parseOskReference('env:KEY'))).toBe('env:KEY');
    expect(showOskReference(parseOskReference('file:/a/b'))).toBe('file:/a/b');
  });

  it.each([
    ['its group', 0o640],
    ['everybody', 0o604],
    ['nobody else, but others may write it', 0o602],
  ])('to a file that can be read by %s is refused', async (_who, mode) => {
    expect(await failureOf(`file:${keyFile(canary, mode)}`)).toBe('osk-exposed');
  });

  it('through a link is judged by the file it leads to', async () => {
    const link = join(freshFolder(), 'link');
    symlinkSync(keyFile(canary, 0o644), link);
    expect(await failureOf(`file:${link}`)).toBe('osk-exposed');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'to a file of another user is refused (only root can make one)',
    async () => {
      const path = keyFile(canary);
      chownSync(path, 12_345, 12_345);
      expect(await failureOf(`file:${path}`)).toBe('osk-exposed');
    },
  );

  it('to nothing is refused', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'folder'));
    expect(await failureOf(`file:${folder}/none`)).toBe('no-osk');
    expect(await failureOf(`file:${folder}/folder`)).toBe('no-osk');
    expect(await failureOf('env:NO_SUCH_KEY')).toBe('no-osk');
    expect(await failureOf('env:KEY', { KEY: '' })).toBe('no-osk');
  });

  it.each([
    ['too short', canary.slice(1)],
    ['too long', `${canary}x`],
    ['not ASCII', `${canary.slice(1)}é`],
    ['two lines', `${canary.slice(0, 40)}\n${canary.slice(41)}`],
    ['with a quotation mark', `${canary.slice(1)}"`],
  ])('to what is %s is refused without showing it', async (_what, text) => {
    expect(await failureOf('env:KEY', { KEY: text })).toBe('bad-osk');
    expect(await failureOf(`file:${keyFile(text)}`)).toBe('bad-osk');
  });

  it('to the SMC is refused where the computer is not made by Apple', async () => {
    expect(await failureOf('smc')).toBe('not-apple');
  });
});
