import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { gptTypes, makeGpt } from '../../src/formats/gpt/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { createDmg } from '../../src/image/index.ts';
import { findRecovery, makeSample } from '../../src/installer/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { needs } from '../rig/judges/index.ts';
import { testProject, type Ended } from '../rig/project.ts';
import { makeSystemDisk } from '../smoke/standins.ts';
import { temporaryFolder } from '../vm/guests.ts';

const folder = temporaryFolder();
const installEsd = join(folder, 'InstallESD.dmg');

beforeAll(async () => {
  await makeSample(
    { version: '10.11.6', map: 'gpt', size: 5 * 2 ** 20, kernel: Buffer.alloc(5000) },
    installEsd,
  );
});

/** A BaseSystem.dmg whose system says that it is of that version; gives its path and its disk. */
async function baseSystem(
  version: string | null,
  name = 'BaseSystem.dmg',
): Promise<{ dmg: string; disk: Buffer }> {
  const disk = readFileSync(await makeSystemDisk({ name: 'macOS Base System', version }));
  const dmg = join(freshFolder(), name);
  await createDmg(memorySource(disk), dmg);
  return { dmg, disk };
}

/** A disk whose only partition begins as an APFS container does ("Apple File System Reference", nx_superblock_t). */
async function onApfs(): Promise<string> {
  const id = '6f7a5c0e-0000-4000-8000-000000000001';
  const size = 2 ** 20;
  const {
    patches,
    partitions,
    size: whole,
  } = makeGpt({ disk: id, partitions: [{ type: gptTypes.hfs, id, name: 'a', size }] });
  const disk = Buffer.alloc(whole);
  for (const { offset, bytes } of patches) disk.set(bytes, offset);
  disk.write('NXSB', (partitions[0]?.offset ?? 0) + 32, 'latin1');
  const dmg = join(freshFolder(), 'BaseSystem.dmg');
  await createDmg(memorySource(disk), dmg);
  return dmg;
}

function make(...args: readonly string[]): Promise<Ended> {
  return testProject({}).run(['iso', 'make', '--recovery', ...args]);
}

describe('the base system of a release', () => {
  it.each(['10.13.6', '10.15.7', '11.7.10', '26.1'])('%s is known by its SystemVersion', async (version) => {
    const { dmg, disk } = await baseSystem(version);
    expect(await findRecovery(dmg)).toMatchObject({
      size: disk.length,
      system: { version },
      isBlessed: false,
    });
  });

  it('is said to be on Apple’s partition map, which OVMF does not read', async () => {
    const dmg = join(freshFolder(), 'BaseSystem.dmg');
    await createDmg(memorySource(readFileSync(await makeSystemDisk({ version: '10.9.5', map: 'apm' }))), dmg);
    const { stdout } = await make(dmg, '-o', 'recovery.img', '--dry-run');
    expect(stdout).toContain("  its partition map is Apple's old one, which OVMF does not read");
    const { stdout: other } = await make((await baseSystem('10.10.5')).dmg, '-o', 'r.img', '--dry-run');
    expect(other).not.toContain('partition map');
  });

  it('is found in an InstallESD.dmg, and in the applications that have either', async () => {
    const expected = { system: { name: 'Mac OS X', version: '10.11.6', build: 'SAMPLE' }, isBlessed: true };
    expect(await findRecovery(installEsd)).toMatchObject(expected);
    const application = join(folder, 'Install.app');
    mkdirSync(join(application, 'Contents/SharedSupport'), { recursive: true });
    writeFileSync(join(application, 'Contents/SharedSupport/InstallESD.dmg'), readFileSync(installEsd));
    expect(await findRecovery(application)).toMatchObject(expected);
    const { dmg } = await baseSystem('10.14.6');
    writeFileSync(join(application, 'Contents/SharedSupport/BaseSystem.dmg'), readFileSync(dmg));
    expect(await findRecovery(application)).toMatchObject({ system: { version: '10.14.6' } });
  });

  it('is said to be on APFS where it is, and its disk is written all the same', async () => {
    const dmg = await onApfs();
    expect(await findRecovery(dmg)).toMatchObject({ system: undefined, isBlessed: undefined });
    const output = join(freshFolder(), 'recovery.img');
    const { code, stdout } = await make(dmg, '-o', output);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^an APFS container, which is not read here: whether a base system is in it, .* is not known, from /,
    );
    expect(readFileSync(output).toString('latin1', 40 * 512 + 32, 40 * 512 + 36)).toBe('NXSB');
  });

  it.each([
    ['a volume without a system', async () => (await baseSystem(null)).dmg, /holds no base system/],
    [
      'an application with all in one archive',
      () => {
        const application = join(freshFolder(), 'Install macOS.app');
        mkdirSync(join(application, 'Contents/SharedSupport'), { recursive: true });
        writeFileSync(join(application, 'Contents/SharedSupport/SharedSupport.dmg'), '');
        return application;
      },
      /keeps its base system in an archive in SharedSupport\.dmg/,
    ],
    [
      'a volume whose SystemVersion.plist names no version',
      async () => (await baseSystem('')).dmg,
      /holds no base system: no HFS\+ volume whose SystemVersion\.plist names a version/,
    ],
    [
      'a volume whose SystemVersion.plist is damaged, which is named',
      async () => (await baseSystem('</string')).dmg,
      /^System\/Library\/CoreServices\/SystemVersion\.plist: /,
    ],
    [
      'an image that is damaged where its volume begins, which is said',
      async () => {
        const { dmg } = await baseSystem('10.13.6');
        const bytes = readFileSync(dmg);
        bytes.fill(0xff, 0, 2000);
        writeFileSync(dmg, bytes);
        return dmg;
      },
      /holds no base system: .*; a zlib chunk of \d+ bytes does not decode/,
    ],
    ['a folder without either', () => freshFolder(), /has no BaseSystem\.dmg and no InstallESD\.dmg/],
  ])('is not found in %s', async (_what, given, message) => {
    await expect(findRecovery(await given())).rejects.toThrow(message);
  });
});

describe('iso make --recovery', () => {
  it('writes the disk byte for byte, which another’s program reads', async (context) => {
    needs(context, '7zz');
    const { dmg, disk } = await baseSystem('10.15.7');
    const output = join(freshFolder(), 'recovery.img');
    const { code, stdout } = await make(dmg, '-o', output);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^10\.15\.7 from .*BaseSystem\.dmg\n {2}its volume is not blessed: /);
    expect(readFileSync(output).equals(disk)).toBe(true);
    // A raw image has none.
    const raw = await make(output, '-o', join(freshFolder(), 'recovery.img'));
    expect(raw.stdout).toMatch(/, no checksums to check\n$/);
    const from = execFileSync('7zz', ['x', `-o${freshFolder()}`, '-so', output], { maxBuffer: 2 ** 26 });
    expect(from.includes('<string>10.15.7</string>')).toBe(true);
  });

  it('writes nothing with --dry-run, and refuses what would change the disk', async () => {
    const output = join(freshFolder(), 'recovery.img');
    expect(await make(installEsd, '-o', output, '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Mac OS X 10\.11\.6 \(SAMPLE\) from .*InstallESD\.dmg/) as string,
    });
    expect(() => readFileSync(output)).toThrow(/ENOENT/);
    const { code, stderr } = await make(installEsd, '-o', output, '--kernel', 'kernel');
    expect(code).toBe(2);
    expect(stderr).toContain('--kernel changes the disc of an installer, and --recovery changes nothing');
  });
});
