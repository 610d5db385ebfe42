import type { Outcome } from '../job/outcome.ts';

/** What became of a step, for who watches a worker. */
export function describeOutcome(step: string, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'done':
      return outcome.how === 'made' ? `${step}: made` : `${step}: it was there already`;
    case 'failed':
      return `${step}: failed: ${outcome.message}`;
    case 'refused':
    case 'undelivered':
      return `${step}: ${outcome.message}`;
    case 'unwanted':
      return `${step}: stopped`;
  }
}
