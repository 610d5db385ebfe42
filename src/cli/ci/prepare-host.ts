/** One thing to do on a fresh host, as lines of a shell. */
export interface Preparation {
  readonly title: string;
  readonly lines: readonly string[];
}

/**
 * What makes a fresh Debian or Ubuntu ready. All of it may be done again, and on a host that does not need it.
 * @param packages Debian's names
 * @param root the word before a command that only root may give, "sudo" for example; may be empty
 */
export function hostPreparations(packages: readonly string[], root: string): Preparation[] {
  const by = root === '' ? '' : `${root} `;
  const install = {
    title: 'Install the programs that steps start on the host',
    lines: [
      `${by}apt-get update`,
      `${by}apt-get install --yes --no-install-recommends ${packages.join(' ')}`,
    ],
  };
  const namespaces = {
    title: 'Let steps make namespaces of their own, which Ubuntu since 23.10 forbids',
    lines: [
      `if [ -e ${restriction} ]; then`,
      // Where it cannot be lifted, the run says what to do.
      `  echo 0 | ${by}tee ${restriction} || true`,
      'fi',
    ],
  };
  return [
    ...(packages.length > 0 ? [install] : []),
    ...(packages.includes('bubblewrap') ? [namespaces] : []),
  ];
}

const restriction = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns';

/** Opens KVM to an ordinary user on a host that runs udev. */
export const openKvm: Preparation = {
  title: 'Let guests use KVM, where the host has it',
  lines: [
    'if [ -e /dev/kvm ] && [ ! -w /dev/kvm ]; then',
    `  echo 'KERNEL=="kvm", GROUP="kvm", MODE="0666", OPTIONS+="static_node=kvm"' | sudo tee /etc/udev/rules.d/99-kvm.rules`,
    '  sudo udevadm control --reload-rules',
    '  sudo udevadm trigger --name-match=kvm',
    'fi',
  ],
};
