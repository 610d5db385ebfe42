import { describe, expect, it } from 'vitest';
import { testProject, type TestProject } from '../rig/project.ts';

/** A machine with the kernel's own modules loaded, in the project's folder `machine`. */
function machineProject(): TestProject {
  return testProject({
    'machine/proc/sys/kernel/osrelease': '6.1.0-50-amd64\n',
    'machine/proc/cpuinfo': 'flags\t\t: fpu vmx\n',
    'machine/proc/modules': '',
    'machine/proc/4711/comm': 'qemu-system-x86\n',
    'machine/dev/kvm': '',
    'machine/sys/module/kvm/initstate': 'live\n',
    'machine/sys/module/kvm/refcnt': '1\n',
    'machine/sys/module/kvm/holders/kvm_intel': '',
    'machine/sys/module/kvm/parameters/ignore_msrs': 'N\n',
    'machine/sys/module/kvm_intel/initstate': 'live\n',
    'machine/sys/module/kvm_intel/refcnt': '0\n',
    'machine/sys/module/kvm_intel/parameters/nested': 'Y\n',
  });
}

describe('cidermill kvm', () => {
  it('tells what the kernel needs, has, and is set to', async () => {
    const project = machineProject();
    const { code, stdout, stderr } = await project.run(['kvm', 'status', '--root', 'machine']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'kernel     6.1.0-50-amd64',
      'need       Linux 6.1.0-50-amd64 needs no KVM modules of ours',
    ]);
    expect(stdout).toMatch(/^CPU +vmx$/m);
    expect(stdout).toMatch(/^kvm_intel +the kernel's own {2}nested=Y$/m);
    expect(stdout).toMatch(/^kvm +the kernel's own {2}ignore_msrs=N$/m);
    const json = await project.run(['kvm', 'status', '--root', 'machine', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      kernel: '6.1.0-50-amd64',
      cpu: 'intel',
      device: true,
      loadable: true,
      needs: { patches: [] },
      modules: [
        { name: 'kvm_intel', loaded: true },
        { name: 'kvm', parameters: { ignore_msrs: 'N' } },
      ],
      users: [],
    });
  });

  it('prints what it would do and does nothing with --dry-run', async () => {
    const project = machineProject();
    const args = ['kvm', 'load', '--ignore-msrs', 'always', '--dry-run', '--root', 'machine'];
    expect(await project.run(args)).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'echo 1 > /sys/module/kvm/parameters/ignore_msrs\n' +
        "echo 'options kvm ignore_msrs=1' > /etc/modprobe.d/cidermill-kvm.conf\n",
    });
    const { stdout } = await project.run(['kvm', 'status', '--root', 'machine']);
    expect(stdout).toContain('ignore_msrs=N');
  });

  it('ends with 1 and a hint where there is nothing to load or to unload', async () => {
    const project = machineProject();
    const unload = await project.run(['kvm', 'unload', '--root', 'machine']);
    expect(unload).toMatchObject({ code: 1, stdout: '' });
    expect(unload.stderr).toMatch(/no modules of ours are loaded\nhint: /);
    const load = await project.run(['kvm', 'load', 'empty', '--dry-run', '--root', 'machine']);
    expect(load.code).toBe(1);
    expect(load.stderr).toMatch(/there is no \S+empty\/kvm\.ko\nhint: Build them/);
  });
});
