import { packageRoot } from '../../src/host/index.ts';
import { findProject, loadGuests } from '../../src/recipe/index.ts';
import type { Guest, Situation } from '../../src/guest/index.ts';

/** The guests that come with cidermill. */
export const guests: readonly Guest[] = loadGuests(findProject(packageRoot, packageRoot));

export function guestNamed(name: string): Guest {
  const found = guests.find(({ guest }) => guest === name);
  if (found === undefined) throw new Error(`there is no guest ${name}`);
  return found;
}

/** A machine and a host of today, with changes. */
export function situation(guest: Guest, changes: Partial<Situation> = {}): Situation {
  return {
    update: guest.lastUpdate,
    stage: 'installed',
    machine: 'q35',
    firmware: 'seabios',
    opencore: false,
    cpus: 2,
    memory: 2048,
    net: 'e1000',
    accel: 'kvm',
    kernel: '6.1.0-18-amd64',
    kvm: 'stock',
    ignoreMsrs: false,
    cpu: 'intel',
    qemu: '7.2.22',
    ...changes,
  };
}
