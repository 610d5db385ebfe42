import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  carryOutLoad,
  carryOutUnload,
  planElsewhere,
  planLoad,
  planUnload,
  readStatus,
  showAct,
  type LoadOptions,
} from '../../../src/host/kvm/index.ts';
import { builtModules, machine, release, vermagic, type Machine } from './machine.ts';

async function load(on: Machine, options: LoadOptions): Promise<void> {
  const plan = await planLoad(on, readStatus(on), options);
  await carryOutLoad(on, plan, options.folder, () => undefined);
}

async function unload(on: Machine): Promise<void> {
  await carryOutUnload(on, planUnload(readStatus(on)), () => undefined);
}

/** A machine on which the kernel's own modules are loaded. */
async function usualMachine(options?: Parameters<typeof machine>[0]): Promise<Machine> {
  const on = machine(options);
  await on.run(['modprobe', 'kvm_intel']);
  on.ran.length = 0;
  return on;
}

describe('loading modules', () => {
  it('replaces those that are loaded, notes them, and unloading brings them back', async () => {
    const on = await usualMachine();
    const before = on.loaded();
    const folder = builtModules();
    await load(on, { folder });
    expect(on.ran).toEqual([
      'rmmod kvm_intel',
      'rmmod kvm',
      `insmod ${folder}/kvm.ko`,
      `insmod ${folder}/kvm-intel.ko`,
    ]);
    expect(on.loaded()).toEqual(['irqbypass kernel', `kvm ${folder}`, `kvm_intel ${folder}`]);
    expect(readStatus(on).record).toEqual({ folder, previous: ['kvm_intel', 'kvm'] });
    await unload(on);
    expect(on.loaded()).toEqual(before);
    expect(readStatus(on).record).toBeUndefined();
  });

  it('takes the module of the CPU that is there, and brings what it depends on first', async () => {
    const on = machine({ cpu: 'svm' });
    const folder = builtModules();
    await load(on, { folder });
    expect(on.ran).toEqual(['modprobe irqbypass', `insmod ${folder}/kvm.ko`, `insmod ${folder}/kvm-amd.ko`]);
    await unload(on);
    expect(on.loaded()).toEqual(['irqbypass kernel']);
  });

  it('remembers what was there before the first of our modules when others take their place', async () => {
    const on = await usualMachine();
    const before = on.loaded();
    await load(on, { folder: builtModules() });
    const second = builtModules();
    await load(on, { folder: second });
    expect(readStatus(on).record).toEqual({ folder: second, previous: ['kvm_intel', 'kvm'] });
    await unload(on);
    expect(on.loaded()).toEqual(before);
  });

  it('brings back what was there when a module is refused by the kernel', async () => {
    const on = await usualMachine();
    const before = on.loaded();
    on.failAt = 'kvm-intel.ko';
    await expect(load(on, { folder: builtModules() })).rejects.toThrow(
      /ended with 1: Operation not permitted/,
    );
    expect(on.loaded()).toEqual(before);
    expect(readStatus(on).record).toBeUndefined();
  });

  it('refuses modules of another kernel and shows both strings', async () => {
    const on = await usualMachine();
    const other = '6.1.0-47-amd64 SMP preempt mod_unload modversions ';
    await expect(load(on, { folder: builtModules(other) })).rejects.toMatchObject({
      code: 'vermagic',
      message: expect.stringMatching(
        new RegExp(`module: ${other.trim()}\\n +kernel: ${vermagic.trim()}`),
      ) as string,
    });
    await expect(load(on, { folder: builtModules(`${release} SMP mod_unload `) })).rejects.toThrow(
      /not for the kernel/,
    );
    expect(on.ran).toEqual([]);
  });

  it('does not remove modules in use, and names who holds them', async () => {
    const on = await usualMachine();
    on.openKvm(4711, 'qemu-system-x86');
    await expect(load(on, { folder: builtModules() })).rejects.toThrow(
      'KVM is in use by qemu-system-x86 (process 4711)',
    );
    const other = await usualMachine();
    other.write('sys/module/kvm/holders/vgpu', '');
    await expect(load(other, { folder: builtModules() })).rejects.toThrow('kvm is in use by the module vgpu');
    const unseen = await usualMachine();
    unseen.write('sys/module/kvm_intel/refcnt', '1\n');
    await expect(load(unseen, { folder: builtModules() })).rejects.toThrow(
      /kvm_intel is in use by a process/,
    );
    expect([...on.ran, ...other.ran, ...unseen.ran]).toEqual([]);
  });

  it('tells all that speaks against it at once, vendors of another kind by their names', async () => {
    const on = await usualMachine();
    on.write('sys/module/kvm/holders/kvm_pvm', '');
    expect(readStatus(on).others).toEqual(['kvm_pvm']);
    on.openKvm(4711, 'qemu-system-x86');
    const other = '6.1.0-47-amd64 SMP preempt mod_unload modversions ';
    const message = await load(on, { folder: builtModules(other) }).then(String, String);
    expect(message).toMatch(/there are 3 reasons against it/);
    expect(message).toContain('is not for the kernel that runs');
    expect(message).toContain('KVM is in use by qemu-system-x86 (process 4711)');
    expect(message).toContain('kvm is in use by the module kvm_pvm\n    rmmod kvm_pvm');
    expect(on.ran).toEqual([]);
  });

  it('shows what it would do on another host, whatever this one is', async () => {
    const on = machine({ cpu: '' });
    const folder = builtModules('5.10.0-32-amd64 SMP mod_unload modversions ');
    const { plan, kernel } = await planElsewhere(on, 'amd', { folder, ignoreMsrs: 'always' });
    expect(kernel).toBe('5.10.0-32-amd64');
    expect(plan.acts.map(showAct)).toEqual([
      'modprobe irqbypass',
      `insmod ${folder}/kvm.ko ignore_msrs=1`,
      `insmod ${folder}/kvm-amd.ko`,
      "echo 'options kvm ignore_msrs=1' > /etc/modprobe.d/cidermill-kvm.conf",
    ]);
  });

  it('is for root', async () => {
    const on = await usualMachine({ user: 1000 });
    await expect(load(on, { folder: builtModules() })).rejects.toMatchObject({ code: 'not-root' });
    expect(on.ran).toEqual([]);
  });

  it('is refused where the CPU has no virtualisation, the kernel takes no modules, or KVM is part of it', async () => {
    await expect(load(machine({ cpu: '' }), { folder: builtModules() })).rejects.toThrow(
      /neither vmx nor svm/,
    );
    const built = machine();
    built.write('sys/module/kvm/parameters/ignore_msrs', 'N\n');
    await expect(load(built, { folder: builtModules() })).rejects.toThrow(/part of this kernel/);
    await expect(load(built, { ignoreMsrs: 'always' })).rejects.toMatchObject({ code: 'built-in' });
  });

  it('does not write a parameter that the kernel lets nobody write, and sets it as the modules are loaded', async () => {
    const on = await usualMachine();
    await load(on, { ignoreMsrs: 'now' });
    chmodSync(join(on.root, 'sys/module/kvm/parameters/ignore_msrs'), 0o444);
    const refused = planLoad(on, readStatus(on), { ignoreMsrs: 'now' });
    await expect(refused).rejects.toMatchObject({
      code: 'built-in',
      hint: expect.stringContaining('modprobe kvm ignore_msrs=1') as string,
    });
    const plan = await planLoad(on, readStatus(on), { folder: builtModules(), ignoreMsrs: 'now' });
    expect(plan.acts.map(showAct).join('\n')).toContain('kvm.ko ignore_msrs=1');
  });

  it("sets ignore_msrs by sysfs for now and by modprobe.d for ever, with the kernel's own modules too", async () => {
    const on = await usualMachine();
    const plan = await planLoad(on, readStatus(on), { ignoreMsrs: 'always' });
    expect(plan.acts.map(showAct)).toEqual([
      'echo 1 > /sys/module/kvm/parameters/ignore_msrs',
      "echo 'options kvm ignore_msrs=1' > /etc/modprobe.d/cidermill-kvm.conf",
    ]);
    await load(on, { ignoreMsrs: 'now' });
    expect(readStatus(on).modules.find(({ name }) => name === 'kvm')?.parameters).toEqual({
      ignore_msrs: '1',
    });
    expect(existsSync(join(on.root, 'etc/modprobe.d/cidermill-kvm.conf'))).toBe(false);
    await load(on, { folder: builtModules(), ignoreMsrs: 'always' });
    expect(on.ran).toContainEqual(expect.stringMatching(/kvm\.ko ignore_msrs=1$/));
    expect(readFileSync(join(on.root, 'etc/modprobe.d/cidermill-kvm.conf'), 'utf8')).toBe(
      'options kvm ignore_msrs=1\n',
    );
  });

  it("loads the kernel's own where none are", async () => {
    const on = machine();
    await load(on, {});
    expect(on.ran).toEqual(['modprobe kvm_intel']);
    await expect(load(on, {})).rejects.toMatchObject({ code: 'nothing-to-do' });
    expect(() => planUnload(readStatus(on))).toThrow(/no modules of ours/);
  });
});
