import { Failure } from '../../base/index.ts';
import { findTool, readHostFacts } from '../../host/index.ts';
import { timeAccelerators } from '../../vm/index.ts';

/**
 * Makes sure that KVM is worth its name here: a small guest is timed, since the file /dev/kvm says little.
 * @throws Failure 'no-kvm', 'no-qemu'
 */
export async function proveKvm(signal: AbortSignal): Promise<void> {
  const { kvmDevice } = readHostFacts();
  if (kvmDevice !== 'usable') throw new Failure('no-kvm', `KVM cannot be used: /dev/kvm is ${kvmDevice}`);
  const qemu = findTool('qemu-system-x86_64');
  if (qemu === undefined)
    throw new Failure('no-qemu', 'KVM cannot be tried: the program qemu-system-x86_64 is not on this host', {
      hint: 'apt-get install qemu-system-x86',
    });
  const { kvm, tcg } = await timeAccelerators(qemu, signal);
  if (kvm === undefined)
    throw new Failure('no-kvm', 'KVM cannot be used: a small test guest did not finish under it');
  if (tcg !== undefined && kvm > 2 * tcg)
    throw new Failure(
      'no-kvm',
      `KVM is slower than emulation: it took ${Math.round(kvm)} ms for what TCG did in ${Math.round(tcg)} ms`,
    );
}
