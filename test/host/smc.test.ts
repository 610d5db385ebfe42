import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readOskFromSmc, readSmcKey, type Ports } from '../../src/host/index.ts';
import { secretPath, smcConfiguration, withSecret } from '../../src/vm/index.ts';

const osk = 'one half of 32 letters, a test; the other half, not one of Apple';

/**
 * The ports of a QEMU whose processor stands still: its qtest protocol reads and writes them as the processor would, so
 * that the device at the other end is the real one.
 */
async function emulatedPorts(): Promise<Ports> {
  const machine = ['-machine', 'q35', '-accel', 'tcg', '-S', '-display', 'none', '-nodefaults'];
  const child = await withSecret(smcConfiguration(osk), process.env, (start) =>
    Promise.resolve(
      start(
        'qemu-system-x86_64',
        [...machine, '-readconfig', secretPath, '-qtest', 'stdio', '-qtest-log', 'none'],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      ),
    ),
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const ask = async (command: string): Promise<string> => {
    stdin.write(`${command}\n`);
    const line = (await lines.next()).value as string | undefined;
    if (line?.startsWith('OK') !== true) throw new Error(`qtest says ${line ?? 'nothing'} to ${command}`);
    return line;
  };
  return {
    read: async (port) => Number((await ask(`inb 0x${port.toString(16)}`)).split(' ')[1]),
    write: async (port, value) => {
      await ask(`outb 0x${port.toString(16)} 0x${value.toString(16)}`);
    },
  };
}

describe("the SMC's protocol, spoken to QEMU's emulated AppleSMC", () => {
  it('reads the key that QEMU was given', async () => {
    expect(await readOskFromSmc(await emulatedPorts())).toBe(osk);
  });

  it('reads another key before and after, and the same key again', async () => {
    const ports = await emulatedPorts();
    const revision = await readSmcKey(ports, 'REV ', 6);
    expect(Buffer.from(revision).toString('hex')).toBe('01130f000003');
    expect(await readOskFromSmc(ports)).toBe(osk);
    expect(await readOskFromSmc(ports)).toBe(osk);
    expect(await readSmcKey(ports, 'REV ', 6)).toEqual(revision);
  });

  it('says so when there is no such key', async () => {
    await expect(readSmcKey(await emulatedPorts(), 'ZZZZ', 4)).rejects.toThrow(/does not give its key ZZZZ/);
  });
});

describe('a computer without an SMC', () => {
  it.each([
    ['whose ports read as ones', 0xff],
    ['whose ports read as zeros', 0x00],
  ])('%s is told of, after a bounded number of tries', async (_what, value) => {
    let reads = 0;
    const ports: Ports = {
      read: () => {
        reads++;
        return Promise.resolve(value);
      },
      write: () => Promise.resolve(),
    };
    await expect(readOskFromSmc(ports)).rejects.toMatchObject({ code: 'smc-silent', temporary: true });
    expect(reads).toBeLessThan(2000);
  });
});
