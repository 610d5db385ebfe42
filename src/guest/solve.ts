import { holds } from './holds.ts';
import type { Fact, Guest, Setting, Situation } from './model.ts';

/** What the facts say of a machine. */
export type Compatibility = Runs | Refused;

export interface Runs {
  readonly kind: 'runs';
  /** All that hold. */
  readonly facts: readonly Fact[];
  /** Each with the fact that it comes from. */
  readonly settings: ReadonlyMap<Setting, { readonly value: string; readonly fact: Fact }>;
  readonly kernelFlags: readonly { readonly flag: string; readonly fact: Fact }[];
  readonly notes: readonly { readonly note: string; readonly fact: Fact }[];
  /** Facts that refused and were set aside. */
  readonly despite: readonly Fact[];
}

export interface Refused {
  readonly kind: 'refused';
  /** Those that refuse. */
  readonly facts: readonly Fact[];
}

/**
 * Applies a guest's facts to a machine.
 * @param despite ids of facts whose refusal is to be set aside: the user knows better
 */
export function solve(guest: Guest, situation: Situation, despite: readonly string[] = []): Compatibility {
  const facts = guest.facts.filter((fact) => holds(fact.when, situation));
  const refusing = facts.filter(({ effect }) => effect.refuse !== undefined);
  const refusals = refusing.filter(({ id }) => !despite.includes(id));
  if (refusals.length > 0) return { kind: 'refused', facts: refusals };
  return {
    kind: 'runs',
    facts,
    settings: new Map(
      facts.flatMap((fact) =>
        Object.entries(fact.effect.set ?? {}).map(
          ([setting, value]) => [setting as Setting, { value, fact }] as const,
        ),
      ),
    ),
    kernelFlags: facts.flatMap((fact) =>
      fact.effect.kernelFlag === undefined ? [] : [{ flag: fact.effect.kernelFlag, fact }],
    ),
    notes: facts.flatMap((fact) =>
      fact.effect.note === undefined ? [] : [{ note: fact.effect.note, fact }],
    ),
    despite: refusing,
  };
}
