export type KvmName = 'kvm' | 'kvm_intel' | 'kvm_amd';

/** The order in which they are removed: what depends on another goes first. */
export const kvmNames: readonly KvmName[] = ['kvm_intel', 'kvm_amd', 'kvm'];

export function isKvmName(name: string): name is KvmName {
  return (kvmNames as readonly string[]).includes(name);
}
