import type { Condition, Situation } from './model.ts';
import { inRange, parseVersion, type Range } from './version.ts';

/** Does all of a condition hold? `release` is not looked at: facts of other releases are not among a guest's. */
export function holds(condition: Condition, situation: Situation): boolean {
  const { update, cpus, memory, kernel, qemu } = condition;
  return (
    within(situation.update, update) &&
    within(String(situation.cpus), cpus) &&
    within(String(situation.memory), memory) &&
    within(situation.kernel, kernel) &&
    within(situation.qemu, qemu) &&
    same(situation.stage, condition.stage) &&
    same(situation.machine, condition.machine) &&
    same(situation.firmware, condition.firmware) &&
    same(situation.opencore, condition.opencore) &&
    same(situation.net, condition.net) &&
    same(situation.accel, condition.accel) &&
    same(situation.kvm, condition.kvm) &&
    same(situation.ignoreMsrs, condition.ignoreMsrs) &&
    same(situation.cpu, condition.cpu)
  );
}

function within(version: string, range: Range | undefined): boolean {
  return range === undefined || inRange(parseVersion(version) ?? [], range);
}

function same<T>(value: T, wanted: T | undefined): boolean {
  return wanted === undefined || value === wanted;
}
