import { describe, expect, it } from 'vitest';
import { chooseAccelerator } from '../../../src/cli/boot/accelerator.ts';
import { timeAccelerators } from '../../../src/vm/index.ts';

const able = { virtualisation: true, kvmDevice: 'usable' } as const;
const never = (): Promise<never> => Promise.reject(new Error('it was timed'));

describe('--accel auto', () => {
  it.each([
    ['KVM where a small guest is faster', able, { kvm: 40, tcg: 90 }, 'kvm'],
    ['KVM where both take the time of their start', able, { kvm: 90, tcg: 80 }, 'kvm'],
    ['TCG where KVM is far slower', able, { kvm: 900, tcg: 80 }, 'tcg'],
    ['TCG where KVM comes to no end', able, { kvm: undefined, tcg: 80 }, 'tcg'],
    ['KVM where TCG is not built in', able, { kvm: 90, tcg: undefined }, 'kvm'],
  ] as const)('takes %s', async (_what, host, times, accelerator) => {
    const chosen = await chooseAccelerator('auto', host, () => Promise.resolve(times));
    expect(chosen.accelerator).toBe(accelerator);
    expect(chosen.remark === undefined).toBe(accelerator === 'kvm');
  });

  it.each([
    ['a CPU that shows no virtualisation', { virtualisation: false, kvmDevice: 'usable' }],
    ['no /dev/kvm', { virtualisation: true, kvmDevice: 'absent' }],
    ['a /dev/kvm of others', { virtualisation: true, kvmDevice: 'forbidden' }],
  ] as const)('takes TCG for %s, says why, and times nothing', async (_what, host) => {
    const chosen = await chooseAccelerator('auto', host, never);
    expect(chosen.accelerator).toBe('tcg');
    expect(chosen.remark).toMatch(/^TCG, since /);
  });
});

describe('an accelerator that is asked for', () => {
  it('is taken', async () => {
    expect(await chooseAccelerator('kvm', able, never)).toEqual({ accelerator: 'kvm' });
    expect(await chooseAccelerator('tcg', able, never)).toEqual({ accelerator: 'tcg' });
  });

  it('is refused when it cannot be used, with what to do', async () => {
    const host = { virtualisation: true, kvmDevice: 'forbidden' } as const;
    await expect(chooseAccelerator('kvm', host, never)).rejects.toMatchObject({
      code: 'no-kvm',
      hint: 'add yourself to the group kvm, and log in again',
    });
  });

  it('is taken with a warning where the CPU shows no virtualisation', async () => {
    const chosen = await chooseAccelerator('kvm', { virtualisation: false, kvmDevice: 'usable' }, never);
    expect(chosen.accelerator).toBe('kvm');
    expect(chosen.remark).toMatch(/slower/);
  });
});

describe('the small guest that is timed', () => {
  it('comes to its end under TCG', async () => {
    const { tcg } = await timeAccelerators('qemu-system-x86_64');
    expect(tcg).toBeGreaterThan(0);
  });

  it('does not under a QEMU that is none', async () => {
    expect(await timeAccelerators('/bin/false')).toEqual({ kvm: undefined, tcg: undefined });
    expect(await timeAccelerators('/no/such/qemu')).toEqual({ kvm: undefined, tcg: undefined });
  });
});
