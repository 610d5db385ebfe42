import { Failure, type FailureCode } from '../../base/index.ts';
import type { Reached } from './milestones.ts';

/** What was there to see when a boot failed. */
export interface Sighting {
  readonly reached: readonly Reached[];
  readonly console: readonly string[];
  readonly serial: readonly string[];
  /** Absent when it could not be read any more. */
  readonly screen?: readonly string[];
  /** What QEMU itself said. */
  readonly errors: readonly string[];
}

const shownLines = 25;
const shownColumns = 160;

/** A boot that did not prove itself. The message ends with what was seen instead. */
export class BootFailure extends Failure {
  readonly sighting: Sighting;

  constructor(code: FailureCode, message: string, sighting: Sighting, cause?: unknown) {
    super(code, `${message}\n${describe(sighting)}`, { cause });
    this.name = 'BootFailure';
    this.sighting = sighting;
  }
}

function describe(sighting: Sighting): string {
  const reached = sighting.reached.map(({ milestone }) => milestone).join(', ');
  const parts = [
    `Milestones seen: ${reached === '' ? 'none' : reached}.`,
    block('debug console', sighting.console),
    block('serial line', sighting.serial),
    block('screen', sighting.screen ?? []),
    block('QEMU says', sighting.errors),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function block(title: string, lines: readonly string[]): string {
  const filled = lines.filter((line) => line.trim() !== '');
  if (filled.length === 0) return '';
  const shown = filled.slice(-shownLines).map((line) => `  | ${line.slice(0, shownColumns)}`);
  return [`${title}${filled.length > shownLines ? `, the last ${shownLines} lines` : ''}:`, ...shown].join(
    '\n',
  );
}
