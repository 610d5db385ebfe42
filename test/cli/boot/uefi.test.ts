import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';
import { debianFirmware, needs } from '../../rig/judges/index.ts';
import { buildEfi, makeEsp } from '../../smoke/uefi-boots.ts';
import { makeDisk } from '../../vm/guests.ts';
import { runBoot } from './boot-runs.ts';

/** A folder as `cidermill run uefi-image` publishes it, with Debian's firmware and a guest's disk. */
async function uefiProduct(): Promise<string> {
  const product = freshFolder();
  const { code, vars } = debianFirmware();
  copyFileSync(code, join(product, 'OVMF_CODE.fd'));
  copyFileSync(vars, join(product, 'OVMF_VARS.fd'));
  copyFileSync(await makeEsp({ loader: buildEfi('blessed-loader') }), join(product, 'esp.img'));
  makeDisk(product, '64M');
  return product;
}

const guest = ['--guest', 'yosemite', '--accel', 'tcg', '--display', 'none', '--memory', '512M'];
const key = ['--osk', 'env:TEST_KEY', '--i-have-the-right'];

describe('boot --firmware ovmf', () => {
  it('starts what is on the EFI system partition, and keeps the firmware’s variables', async (context) => {
    needs(context, 'ovmf', 'refind');
    const product = await uefiProduct();
    const args = [product, ...guest, '--firmware', 'ovmf', ...key];
    const refused = await runBoot(args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/boot\.efi takes the frequency of the bus.*which OVMF lacks\./);
    expect(refused.stderr).toContain('put your OpenCore on the EFI system partition');

    const before = readFileSync(join(product, 'OVMF_VARS.fd'));
    const { code, stdout, stderr } = await runBoot([
      ...args,
      ...['--opencore', '--wait-for', 'no HFS+ volume on any disk', '--', '-nic', 'none'],
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^serial, after [\d.]+ s: \[miss\] volume {4}no HFS\+ volume on any disk\n$/);
    expect(readFileSync(join(product, 'OVMF_VARS.fd')).equals(before)).toBe(false);

    // The same by a guest's own file.
    const shown = await runBoot([...args, '--opencore', '--dry-run']);
    expect(shown.stdout).toContain(`if=pflash,unit=0,format=raw,readonly=on,file=${product}/OVMF_CODE.fd`);
    expect(shown.stdout).toContain('bus=ide.3,drive=ESP,bootindex=0');
    expect(shown.stdout).not.toContain('-kernel');
    const file = join(product, 'mac.yaml');
    expect((await runBoot([...args, '--opencore', '--save', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^firmware: ovmf\nopencore: true$/m);
    expect((await runBoot([file, '--dry-run'])).stdout).toBe(shown.stdout);
  });

  it('says what is missing, and what belongs to a loader', async () => {
    const folder = freshFolder();
    makeDisk(folder, '1M');
    const said = async (...more: string[]): Promise<string> => {
      const { code, stderr } = await runBoot([folder, ...guest, ...key, '--dry-run', ...more]);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await said('--firmware', 'ovmf')).toContain('no UEFI firmware is given');
    expect(await said('--esp', 'esp.img')).toContain('--esp needs --firmware ovmf');
    expect(await said('--loader', 'boot', '--opencore')).toContain('--opencore needs --firmware ovmf');
    expect(await said('--firmware', 'ovmf', '--loader', 'boot')).toContain('--loader is for SeaBIOS');
    // As edk2's firmware begins.
    const volume = join(folder, 'firmware.fd');
    writeFileSync(volume, `${'\0'.repeat(40)}_FVH`);
    writeFileSync(join(folder, 'boot'), '');
    expect(await said('--firmware', volume)).toContain(
      'is UEFI firmware, and --firmware FILE is for a SeaBIOS',
    );
    const pulled = await runBoot(['oci://127.0.0.1:1/mac:1', ...guest, ...key, '--firmware', 'ovmf']);
    expect(pulled).toMatchObject({ code: 2, stderr: expect.stringContaining('cidermill pull') as string });
    for (const name of ['OVMF_CODE.fd', 'OVMF_VARS.fd', 'esp.img']) writeFileSync(join(folder, name), '');
    const { code, stderr } = await runBoot([
      ...[folder, ...guest, ...key, '--firmware', 'ovmf', '--opencore', '--loader-flags', '-v'],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("Set boot-args in the section NVRAM of your OpenCore's config.plist.");
  });
});
