import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { stepModule, testProject } from '../rig/project.ts';

/** The recipes toolchain and toolchain-unpacked on small things in place of QEMU and kernel modules. */
function smallToolchain() {
  const recipe = (name: string, outputs: string): string =>
    `recipe: ${name}\nsummary: Small\nenvironment: none\nscript: scripts/${name}.ts\noutputs: ${outputs}\n`;
  return testProject({
    'recipes/small-qemu.yaml': recipe('small-qemu', '{ qemu: qemu/ }'),
    'scripts/small-qemu.ts': `import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
for (const folder of ['qemu/bin', 'qemu/lib', 'qemu/share/qemu']) mkdirSync(folder, { recursive: true });
writeFileSync('qemu/bin/qemu-system-x86_64', '#!/bin/sh\\necho here');
chmodSync('qemu/bin/qemu-system-x86_64', 0o700);
writeFileSync('qemu/lib/libreal.so.1', 'library');
symlinkSync('libreal.so.1', 'qemu/lib/lib.so');
writeFileSync('qemu/share/qemu/' + 'x'.repeat(120), 'a long name');
await output('qemu', 'qemu');
`,
    'recipes/small-modules.yaml': recipe('small-modules', '{ modules: modules/, report: report.txt }'),
    'scripts/small-modules.ts': `import { mkdirSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
mkdirSync('modules');
for (const name of ['kvm.ko', 'kvm-intel.ko']) writeFileSync('modules/' + name, name);
writeFileSync('report.txt', 'for a kernel\\n');
await output('modules', 'modules');
await output('report', 'report.txt');
`,
    'pipelines/small.yaml': `pipeline: small
summary: A small toolchain
steps:
  qemu: { recipe: small-qemu }
  modules: { recipe: small-modules }
  toolchain:
    recipe: toolchain
    with: { qemu: "\${qemu}", modules: "\${modules.modules}", modules-report: "\${modules.report}" }
  unpacked: { recipe: toolchain-unpacked, with: { archive: "\${toolchain.archive}" } }
products:
  small: { from: { archive: "\${toolchain.archive}", sums: "\${toolchain.sums}", unpacked: "\${unpacked}" }, gate: unpacked }
`,
  });
}

describe('the archive of the toolchain', () => {
  it('is sorted, of one time and nobody’s, the same bytes twice, and checks out where it is unpacked', async () => {
    const archives: Buffer[] = [];
    for (const umask of ['0022', '0077']) {
      const project = smallToolchain();
      const before = process.umask(parseInt(umask, 8));
      const run = await project
        .run(['run', 'small', '--environment', 'host'])
        .finally(() => process.umask(before));
      expect(run.code, run.stdout + run.stderr).toBe(0);
      const product = join(project.root, 'artifacts/small');
      execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: product });
      const archive = join(product, 'cidermill-toolchain.tar.gz');
      archives.push(readFileSync(archive));

      const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
      const lines = execFileSync('tar', ['-tvzf', archive], { encoding: 'utf8', env }).trim().split('\n');
      const forms = lines.map((line) => /^([d-])(\S+) 0\/0 +\d+ 1980-01-01 00:00 (\S+)$/.exec(line));
      expect(forms).not.toContain(null);
      const names = forms.map((form) => form?.[3] ?? '');
      expect(names).toContain('cidermill-toolchain/lib/lib.so');
      expect(names).toContain('cidermill-toolchain/kvm/report.txt');
      const files = names.filter((name) => !name.endsWith('/'));
      const folders = files.map((name) => name.split('/').slice(0, -1).join('/'));
      for (const folder of new Set(folders)) {
        const inside = files.filter((_, index) => folders[index] === folder);
        expect(inside).toEqual([...inside].sort());
      }
      const modes = new Set(forms.map((form) => form?.[2]));
      expect(modes).toEqual(new Set(['rwxr-xr-x', 'rw-r--r--']));
    }
    expect(archives[0]?.equals(archives[1] as Buffer)).toBe(true);
  });
});

const built = join(packageRoot, 'artifacts/toolchain/cidermill-toolchain.tar.gz');

describe.skipIf(!existsSync(built))(
  'the toolchain (skipped until `cidermill run toolchain` has made it)',
  () => {
    it('runs from wherever it is unpacked, with its own firmware and nothing of its surroundings', () => {
      const folder = join(freshFolder(), 'some where else');
      mkdirSync(folder);
      execFileSync('tar', ['-xzf', built, '-C', folder, '--strip-components=1']);
      execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder });
      const log = join(folder, 'firmware.log');
      const machine = [
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-machine',
        'q35',
        '-accel',
        'tcg',
      ];
      const console = [
        '-chardev',
        `file,id=log,path=${log}`,
        '-device',
        'isa-debugcon,iobase=0x402,chardev=log',
      ];
      // Without a disk SeaBIOS finds nothing to start, says so on its console, and with reboot-timeout 0 resets.
      const end = [
        '-boot',
        'reboot-timeout=0',
        '-no-reboot',
        '-vga',
        'std',
        '-netdev',
        'user,id=n',
        '-device',
        'e1000-82545em,netdev=n',
      ];
      execFileSync(join(folder, 'bin/qemu-system-x86_64'), [...machine, ...console, ...end], {
        env: {},
        cwd: '/',
        timeout: 60_000,
      });
      const said = readFileSync(log, 'latin1');
      expect(said).toMatch(/SeaBIOS \(version .*-cidermill\)/);
      expect(said).toMatch(/Running option rom at c000:0003/);
      const libraries = execFileSync('ldd', [join(folder, 'bin/qemu-system-x86_64')], { encoding: 'utf8' });
      for (const name of readdirSync(join(folder, 'lib')))
        expect(libraries).toContain(`${folder}/bin/../lib/${name}`);
      for (const name of readdirSync(join(folder, 'kvm')).filter((each) => each.endsWith('.ko'))) {
        const module = readFileSync(join(folder, 'kvm', name), 'latin1');
        const vermagic = /\0vermagic=([^\0]+)\0/.exec(module)?.[1] ?? 'none';
        expect(readFileSync(join(folder, 'kvm/report.txt'), 'utf8')).toContain(vermagic.trim());
      }
    });
  },
);
