import { Failure } from '../../base/index.ts';
import type { Accelerator } from '../../guest/index.ts';
import type { HostFacts } from '../../host/index.ts';
import type { AcceleratorTimes } from '../../vm/index.ts';

/** An accelerator, and what led to it when the user should know. */
export interface ChosenAccelerator {
  readonly accelerator: Accelerator;
  readonly remark?: string;
}

const noFlag = "this host's CPU shows neither vmx nor svm";

/**
 * `auto` believes the CPU's flags and the time that a small guest takes, not the file /dev/kvm.
 * @param time asked only where that can tell anything
 * @throws Failure 'no-kvm' when KVM was asked for and cannot be used
 */
export async function chooseAccelerator(
  wanted: Accelerator | 'auto',
  host: Pick<HostFacts, 'virtualisation' | 'kvmDevice'>,
  time: () => Promise<AcceleratorTimes>,
): Promise<ChosenAccelerator> {
  if (wanted === 'tcg') return { accelerator: 'tcg' };
  if (wanted === 'kvm') {
    if (host.kvmDevice !== 'usable')
      throw new Failure('no-kvm', `KVM cannot be used: /dev/kvm is ${host.kvmDevice}`, {
        hint: kvmHints[host.kvmDevice],
      });
    const remark = `${noFlag}: KVM may be a hundred times slower than --accel tcg`;
    return host.virtualisation ? { accelerator: 'kvm' } : { accelerator: 'kvm', remark };
  }
  if (host.kvmDevice !== 'usable')
    return {
      accelerator: 'tcg',
      remark: `TCG, since /dev/kvm is ${host.kvmDevice}: ${kvmHints[host.kvmDevice]}`,
    };
  if (!host.virtualisation) return { accelerator: 'tcg', remark: `TCG, since ${noFlag}` };
  const { kvm, tcg } = await time();
  if (kvm === undefined)
    return { accelerator: 'tcg', remark: 'TCG, since a small test guest did not finish under KVM' };
  if (tcg !== undefined && kvm > 2 * tcg)
    return {
      accelerator: 'tcg',
      remark: `TCG, since KVM took ${Math.round(kvm)} ms for what TCG did in ${Math.round(tcg)} ms`,
    };
  return { accelerator: 'kvm' };
}

export const kvmHints = {
  absent: 'modprobe kvm-intel or kvm-amd, where the CPU has it',
  forbidden: 'add yourself to the group kvm, and log in again',
} as const;
