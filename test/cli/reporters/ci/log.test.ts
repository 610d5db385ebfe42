import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ciReporter } from '../../../../src/cli/reporters/ci/log.ts';
import type { CiSystem } from '../../../../src/cli/reporters/ci/system.ts';
import type { RunEvent } from '../../../../src/engine/events.ts';
import { readAsGitHub, readAsGitLab } from '../../../rig/ci-readers.ts';
import { hostileLines } from '../../../rig/hostile-project.ts';
import { anyRun } from '../any-run.ts';
import { failedRun, firstRun, secondRun } from '../recorded-run.ts';
import { textSink } from '../sink.ts';

function log(events: readonly RunEvent[], system: CiSystem): string {
  const sink = textSink();
  const placeOf = ({ step }: { readonly step: string }) =>
    step === 'qemu' ? { file: 'pipelines/quickstart.yaml', line: 19, column: 3 } : undefined;
  const reporter = ciReporter(sink, { system, folder: '/home/ann/mill', placeOf });
  for (const event of events) reporter.take(event);
  reporter.close();
  return sink.text();
}

/** Tokens are random, and hundreds of lines of a compiler say nothing. */
const steady = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{32}\b/g, 'TOKEN')
    .replace(/( {4}\| \[\d+\/1283\] .*\n)\1*(?: {4}\| \[\d+\/1283\] .*\n){3,}/g, '$1    | …\n');

describe.each(['github', 'gitlab'] as const)('the log of a job of %s', (system) => {
  it.each([
    ['a first run', 'first-run', firstRun],
    ['a run with nothing to do', 'second-run', secondRun],
    ['a run that fails', 'failed-run', failedRun],
  ])('tells %s as the golden text does', async (_title, name, events) => {
    await expect(steady(log(events, system))).toMatchFileSnapshot(`golden/${system}-${name}.txt`);
  });
});

describe('the log of a job', () => {
  it('has a new token for each group', () => {
    const tokens = readAsGitHub(log(firstRun, 'github')).filter(({ command }) => command === 'stop-commands');
    expect(tokens.length).toBeGreaterThan(3);
    expect(new Set(tokens.map(({ data }) => data)).size).toBe(tokens.length);
  });

  it('puts a failure at the line that declares the step', () => {
    expect(readAsGitHub(log(failedRun, 'github')).filter(({ command }) => command === 'error')).toEqual([
      {
        command: 'error',
        properties: { file: 'pipelines/quickstart.yaml', line: '19', col: '3', title: 'step qemu failed' },
        data: 'the command `ninja qemu-system-x86_64` ended with exit code 1\nhint: The compiler said why; `cidermill log qemu` shows all of it.',
      },
    ]);
  });

  it('is read by the tests as the systems read it: what a step prints would act', () => {
    const raw = hostileLines.join('\n');
    expect(new Set(readAsGitHub(raw).map(({ command }) => command))).toEqual(
      new Set(['error', 'warning', 'set-output', 'add-mask', 'stop-commands', '##[']),
    );
    expect(new Set(readAsGitLab(raw).map(({ command }) => command))).toEqual(
      new Set(['section_start', 'section_end', 'escape']),
    );
  });

  it('has no command but its own, whatever happens', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const acts = readAsGitHub(log(events, 'github'));
        const count = (command: string): number => acts.filter((act) => act.command === command).length;
        const failures = events.filter(({ type }) => type === 'step-failed' || type === 'product-failed');
        expect(count('error')).toBe(failures.length);
        expect(count('group')).toBe(count('endgroup'));
        expect(count('group')).toBe(count('stop-commands'));
        const own = ['group', 'stop-commands', 'endgroup', 'error', 'warning'];
        expect(acts.filter(({ command }) => !own.includes(command))).toEqual([]);
        const sections = readAsGitLab(log(events, 'gitlab'));
        expect(sections.filter(({ command }) => command === 'escape')).toEqual([]);
        const of = (kind: string): string[] =>
          sections.filter(({ command }) => command === `section_${kind}`).map(({ data }) => data);
        expect(of('start')).toEqual(of('end'));
        expect(of('start').every((name) => name.startsWith('log_'))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
