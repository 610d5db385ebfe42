import { Failure } from '../../base/index.ts';
import { describeFinding, type Finding } from './finding.ts';

/** A run that is known not to pass, and is not begun. */
export class UnmetPreconditions extends Failure {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const faults = findings.filter(({ state }) => state === 'fault');
    const lines = unique(faults.map(describeFinding));
    const hints = unique(faults.flatMap(({ hint }) => hint ?? []));
    const [only] = lines;
    super('preconditions', lines.length === 1 && only !== undefined ? only : lines.join('\n'), {
      hint: hints.length === 0 ? undefined : hints.join('\n'),
    });
    this.findings = findings;
  }
}

/** @throws UnmetPreconditions with all the faults among the findings */
export function refuseFaults(findings: readonly Finding[]): void {
  if (findings.some(({ state }) => state === 'fault')) throw new UnmetPreconditions(findings);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
