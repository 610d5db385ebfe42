import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openData } from '../../src/formats/hfsplus/index.ts';
import { findHfsPlus, openImage, openInside } from '../../src/image/index.ts';
import { fsckHfsPlus, needs, sgdiskVerify } from '../rig/judges/index.ts';
import { gptDisk } from './disk-images.ts';
import { temporaryFolder, testOsk } from './guests.ts';
import { firmware, hostQemu, root, runScript, type Ran } from './run-script.ts';

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

const qemu = hostQemu();
const inputs: Record<string, string> = { qemu, bios: firmware };
const parameters = {
  machine: 'q35',
  cpu: 'core2duo',
  cpus: 2,
  memory: 2 ** 28,
  osk: testOsk,
  timeout: 60,
  'disk-size': 2 ** 30,
};
const smokeOutputs = {
  screen: 'screen.png',
  'screen-text': 'screen.txt',
  milestones: 'milestones.txt',
  console: 'console.txt',
};

const noVolume = { volume: '', timeout: 5, 'kernel-flags': [], 'graphics-mode': '', gui: false };

async function makeDisk(change: object = {}): Promise<Ran> {
  return runScript('guest-disk', {
    parameters: { size: 2 ** 30, ...noVolume, ...change },
    sources: {},
    inputs: { qemu },
    outputs: { image: 'disk.qcow2' },
  });
}

async function smoke(change: Partial<typeof parameters> = {}): Promise<Ran> {
  return runScript('smoke-boot', {
    parameters: { ...parameters, ...change },
    sources: {},
    inputs,
    outputs: smokeOutputs,
  });
}

beforeAll(async () => {
  const probe = await runScript('probe', {
    parameters: { osk: testOsk },
    sources: { probe: join(root, 'recipes/probe') },
    inputs: {},
    outputs: { kernel: 'probe.elf' },
  });
  expect(probe.code, probe.log).toBe(0);
  inputs['kernel'] = join(probe.outputs, 'probe.elf');
  const disk = await makeDisk();
  expect(disk.code, disk.log).toBe(0);
  inputs['disk'] = join(disk.outputs, 'disk.qcow2');
  // A comma in a path is one that QEMU's options must not trip over.
  inputs['iso'] = join(temporaryFolder(), 'an,iso.img');
  writeFileSync(inputs['iso'], gptDisk());
});

describe('the base-disk script', () => {
  const base = (size: number, image = inputs['disk'] ?? ''): Promise<Ran> =>
    runScript('base-disk', {
      parameters: { size },
      sources: {},
      inputs: { qemu, image },
      outputs: { image: 'disk.qcow2' },
    });

  it('gives a disk as it is, byte for byte', async () => {
    const { code, log, outputs } = await base(2 ** 30);
    expect(code, log).toBe(0);
    expect(sha256Of(join(outputs, 'disk.qcow2'))).toBe(sha256Of(inputs['disk'] ?? ''));
  });

  it('refuses one of another size, and one that leads to another file', async () => {
    const other = await base(2 ** 31);
    expect([other.code, other.log]).toEqual([
      1,
      expect.stringContaining(
        'the base image has 1073741824 bytes for the guest, and the size asked for is 2147483648',
      ),
    ]);
    const overlay = join(temporaryFolder(), 'overlay.qcow2');
    const args = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', inputs['disk'] ?? '', overlay];
    execFileSync('qemu-img', args);
    const leads = await base(2 ** 30, overlay);
    expect([leads.code, leads.log]).toEqual([
      1,
      expect.stringContaining('the disk is made of another file too'),
    ]);
  });
});

describe('the guest-disk script', () => {
  it('makes a disk of the size asked for, the same bytes each time, and says that it is sound', async () => {
    const again = await makeDisk();
    const disk = join(again.outputs, 'disk.qcow2');
    expect(again.events.find(({ type }) => type === 'note')).toMatchObject({
      text: expect.stringMatching(
        /^qcow2, 1073741824 bytes for the guest, \d+ bytes to begin with, no errors$/,
      ) as string,
    });
    expect(readFileSync(disk).equals(readFileSync(inputs['disk'] as string))).toBe(true);
  });

  it('makes one ready to install onto, with the settings of its loader, the same bytes each time', async (context) => {
    needs(context, 'hfsprogs', 'sgdisk');
    const asked = {
      volume: 'Macintosh HD',
      'kernel-flags': ['-v', 'idlehalt=0'],
      'graphics-mode': '1280x1024x32',
    };
    const [first, second] = [await makeDisk(asked), await makeDisk(asked)];
    expect(first.code, first.log).toBe(0);
    const image = join(first.outputs, 'disk.qcow2');
    expect(readFileSync(image).equals(readFileSync(join(second.outputs, 'disk.qcow2')))).toBe(true);
    const raw = join(temporaryFolder(), 'disk.raw');
    execFileSync('qemu-img', ['convert', '-O', 'raw', image, raw]);
    expect(sgdiskVerify(raw).clean, sgdiskVerify(raw).said).toBe(true);
    const disk = await openImage(raw);
    const { volume, offset } = await findHfsPlus(disk.disk);
    await disk.close();
    const verdict = fsckHfsPlus(raw, { offset, size: volume.size });
    expect(verdict.clean, verdict.said).toBe(true);
    const inside = await openInside(`${raw}:/Extra/org.chameleon.Boot.plist`);
    const data = await openData(inside.volume, inside.entry);
    const plist = Buffer.from(await data.read(0, data.size)).toString();
    await inside.close();
    expect(plist).toMatch(/<key>Kernel Flags<\/key>\s*<string>-v idlehalt=0<\/string>/);
    expect(plist).toMatch(/<key>GUI<\/key>\s*<string>No<\/string>/);
    expect(plist).toContain('<string>1280x1024x32</string>');
  });
});

describe('the smoke-boot script', () => {
  it('boots the probe in the sandbox and leaves picture, text, milestones and console, the same each time', async () => {
    const runs = [await smoke(), await smoke()];
    for (const { code, log } of runs) expect(code, log).toBe(0);
    const [first, second] = runs.map(({ outputs }) =>
      Object.fromEntries(
        Object.values(smokeOutputs).map((path) => [path, readFileSync(join(outputs, path))]),
      ),
    );
    expect(second).toEqual(first);
    const milestones = String(first?.['milestones.txt']);
    expect(milestones).toContain(`sha256 ${sha256Of(join(qemu, 'bin/qemu-system-x86_64'))}`);
    expect(milestones).toContain(`sha256 ${sha256Of(firmware)}`);
    expect(milestones).toMatch(/14 {2}screen .*all 11 seen\n\nQEMU ended with exit code 65/);
    expect(String(first?.['console.txt'])).toContain('[ ok ] volume    GPT, H+ at sector 80');
    expect(String(first?.['screen.txt'])).toContain('[ ok ] volume    GPT, H+ at sector 80');
  });

  it('leaves the images as they were', async () => {
    const images = ['disk', 'iso'].map((name) => inputs[name] as string);
    const before = images.map(sha256Of);
    await smoke();
    expect(images.map(sha256Of)).toEqual(before);
  });

  it('fails with the name of what is missing, and leaves no output', async () => {
    const { code, outputs, events } = await smoke({ osk: 'x'.repeat(64) });
    expect(code).toBe(1);
    const failure = events.find(({ type }) => type === 'failure');
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        /^milestone osk .* did not come; the guest says "missing: osk"/,
      ) as string,
    });
    expect(JSON.stringify(failure)).not.toContain('xxxx');
    expect(existsSync(join(outputs, 'milestones.txt'))).toBe(false);
  });

  it('fails when the disk is not as large as was said', async () => {
    const { code, events } = await smoke({ 'disk-size': 2 ** 31 });
    expect(code).toBe(1);
    expect(events.find(({ type }) => type === 'failure')).toMatchObject({
      message: expect.stringMatching(/^milestone disk .* did not come/) as string,
    });
  });

  it('fails when the disk has a backing file', async () => {
    const folder = temporaryFolder();
    const disk = join(folder, 'mine.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/hosts', '-F', 'raw', disk, '1G']);
    const { code, events } = await runScript('smoke-boot', {
      parameters,
      sources: {},
      inputs: { ...inputs, disk },
      outputs: smokeOutputs,
    });
    expect(code).toBe(1);
    expect(events.find(({ type }) => type === 'failure')).toMatchObject({
      message: expect.stringContaining('the disk is made of another file too: "/etc/hosts"') as string,
    });
  });

  it('fails when the firmware does nothing, and says how long it waited', async () => {
    const empty = join(temporaryFolder(), 'bios.bin');
    copyFileSync(firmware, empty);
    // At the reset vector a jump to itself.
    const image = readFileSync(empty);
    image.write('\xeb\xfe', image.length - 16, 'latin1');
    writeFileSync(empty, image);
    const { code, events } = await runScript('smoke-boot', {
      parameters: { ...parameters, timeout: 2 },
      sources: {},
      inputs: { ...inputs, bios: empty },
      outputs: smokeOutputs,
    });
    expect(code).toBe(1);
    expect(events.find(({ type }) => type === 'failure')).toMatchObject({
      message: expect.stringMatching(
        /^milestone firmware .* did not come within 2 s\nMilestones seen: none/,
      ) as string,
    });
  });
});
