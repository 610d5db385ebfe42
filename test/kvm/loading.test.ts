import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { testProject, type TestProject } from '../rig/project.ts';
import { bookwormModules, build, modinfo, patience, run } from './building.ts';
import { bootDebianKernel, kernelFile } from './debian-kernel.ts';

const release = '6.1.0-50-amd64';

/** As much of a machine as `kvm load` looks at before it does anything. */
function layOutMachine(project: TestProject, name: string, kernel: string): void {
  project.write(`${name}/proc/sys/kernel/osrelease`, `${kernel}\n`);
  project.write(`${name}/proc/cpuinfo`, 'flags\t\t: vmx\n');
  project.write(`${name}/proc/modules`, '');
}

describe('the modules that kvm-modules builds', () => {
  it(
    'are taken by `kvm load` for the kernel they are for, and for no other',
    async () => {
      const project = testProject({});
      await build('kvm-modules', bookwormModules, project);
      layOutMachine(project, 'here', release);
      const load = (root: string, ...more: string[]) =>
        run(project, ['kvm', 'load', 'artifacts/kvm-modules', '--root', root, ...more]);
      const shown = await load('here', '--dry-run', '--ignore-msrs', 'always');
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout.split('\n').map((line) => line.replace(project.root, ''))).toEqual([
        'modprobe irqbypass',
        'insmod /artifacts/kvm-modules/modules/kvm.ko ignore_msrs=1',
        'insmod /artifacts/kvm-modules/modules/kvm-intel.ko',
        "echo 'options kvm ignore_msrs=1' > /etc/modprobe.d/cidermill-kvm.conf",
        '',
      ]);
      layOutMachine(project, 'there', '6.1.0-47-amd64');
      const refused = await load('there');
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/module: 6\.1\.0-50-amd64 SMP .*\n\s+kernel: 6\.1\.0-47-amd64/);
    },
    patience,
  );

  it(
    "load into Debian's kernel, which then runs a guest that uses MONITOR and MWAIT",
    async (context) => {
      needs(context, 'linux-kvm');
      const project = testProject({});
      const modules = join(await build('kvm-modules', bookwormModules, project), 'modules');
      const own = kernelFile('kvm.ko');
      expect(modinfo(join(modules, 'kvm.ko'), 'vermagic')).toBe(modinfo(own, 'vermagic'));
      // With a module of the kernel's at hand, `kvm load` compares with that one's vermagic.
      layOutMachine(project, 'debian', release);
      const place = join(project.root, `debian/lib/modules/${release}/kernel/arch/x86/kvm`);
      mkdirSync(place, { recursive: true });
      copyFileSync(own, join(place, 'kvm.ko'));
      const plan = await run(project, ['kvm', 'load', modules, '--root', 'debian', '--dry-run']);
      expect(plan).toMatchObject({ code: 0, stderr: '' });

      const said = await bootDebianKernel(
        [
          ...['irqbypass.ko', 'ccp.ko'].map(kernelFile),
          ...['kvm.ko', 'kvm-amd.ko', 'kvm-intel.ko'].map((name) => join(modules, name)),
        ],
        `insmod irqbypass.ko && insmod ccp.ko && insmod kvm.ko ignore_msrs=1 && insmod kvm-amd.ko && echo loaded
echo "ignore_msrs $(cat /sys/module/kvm/parameters/ignore_msrs)"
guest
rmmod kvm_amd && rmmod kvm && echo removed`,
      );
      expect(said.split('\n').filter((line) => line !== '')).toEqual([
        'loaded',
        'ignore_msrs Y',
        "guest: port 0xe9, 'M'",
        'guest: hlt',
        'removed',
      ]);
    },
    patience,
  );
});
