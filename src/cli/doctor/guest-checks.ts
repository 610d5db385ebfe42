import { Failure } from '../../base/index.ts';
import {
  nearestThatRuns,
  solve,
  stages,
  usualQemu,
  type Guest,
  type Situation,
  type Stage,
} from '../../guest/index.ts';
import {
  parseOskReference,
  resolveOsk,
  showOskReference,
  type Check,
  type Surroundings,
} from '../../host/index.ts';

/** What a release needs of this host, by its facts: installing, its first boot and later ones, on a q35 of two CPUs. */
export function checkGuest(guest: Guest, update: string, around: Surroundings): Check[] {
  const { host, qemu } = around;
  const accel = host.virtualisation && host.kvmDevice === 'usable' ? 'kvm' : 'tcg';
  const at = (stage: Stage): Situation => ({
    update,
    stage,
    machine: 'q35',
    firmware: 'seabios',
    opencore: false,
    cpus: 2,
    memory: 2048,
    net: 'e1000',
    accel,
    kernel: host.kernel,
    kvm: 'stock',
    ignoreMsrs: host.ignoreMsrs === true,
    cpu: host.cpu,
    qemu: qemu?.version ?? usualQemu,
  });
  return stages
    .flatMap((stage) => checkStage(guest, at(stage), stage))
    .map((check) => ({ ...check, needed: 'booting' }));
}

function checkStage(guest: Guest, situation: Situation, stage: Stage): Check[] {
  const name = `${guest.guest}, ${{ install: 'installing', 'first-boot': 'first boot', installed: 'installed' }[stage]}`;
  const verdict = solve(guest, situation);
  if (verdict.kind === 'refused') {
    const nearest = nearestThatRuns(guest, situation);
    return verdict.facts.map((fact) => ({
      name,
      state: 'fault',
      finding: `${fact.says} (${fact.id})`,
      mend:
        nearest === undefined
          ? (fact.effect.refuse ?? '')
          : nearest.changes.map(({ how }) => how).join(' and '),
    }));
  }
  const how = situation.accel === 'kvm' ? 'under KVM' : 'under TCG, slowly';
  return [
    { name, state: 'ok', finding: `runs ${how}: ${situation.update}` },
    ...verdict.kernelFlags.map(({ flag, fact }): Check => ({
      name,
      state: 'warning',
      finding: fact.says,
      mend: `type ${flag} at the loader's prompt`,
    })),
  ];
}

/**
 * Does the reference lead to a key? The key itself is not kept.
 * @param option what --osk says; left out, CIDERMILL_OSK counts
 */
export async function checkOsk(option: string | undefined, { host }: Surroundings): Promise<Check> {
  const name = 'key';
  const given = option ?? process.env['CIDERMILL_OSK'];
  if (given === undefined || given === '')
    return {
      name,
      state: 'warning',
      finding: 'no reference to your key is given',
      mend: '--osk or CIDERMILL_OSK: env:NAME, file:PATH, or smc on a Mac that runs Linux',
    };
  try {
    const reference = parseOskReference(given, option === undefined ? 'CIDERMILL_OSK' : undefined);
    await resolveOsk(reference, host);
    return { name, state: 'ok', finding: `${showOskReference(reference)} leads to one` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return {
      name,
      state: 'fault',
      finding: error.message,
      ...(error.hint !== undefined && { mend: error.hint }),
    };
  }
}
