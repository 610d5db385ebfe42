import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeQualityJson } from '../../../../src/cli/reporters/ci/code-quality.ts';
import { reportFiles } from '../../../../src/cli/reporters/ci/files.ts';
import { junitXml } from '../../../../src/cli/reporters/ci/junit.ts';
import { outcomeOf } from '../../../../src/cli/reporters/ci/outcome.ts';
import { summaryMarkdown } from '../../../../src/cli/reporters/ci/summary.ts';
import type { RunEvent } from '../../../../src/engine/events.ts';
import { freshFolder } from '../../../rig/folder.ts';
import { anyRun } from '../any-run.ts';
import { failedRun, firstRun, interruptedRun, secondRun } from '../recorded-run.ts';

const runs = [
  ['a first run', 'first-run', firstRun],
  ['a run with nothing to do', 'second-run', secondRun],
  ['a run that fails', 'failed-run', failedRun],
  ['a run that is interrupted', 'interrupted-run', interruptedRun],
] as const;

const outcome = (events: readonly RunEvent[]) => outcomeOf('quickstart', events, []);

/** What xmllint finds wrong. */
function xmlFaults(xml: string): string {
  return spawnSync('xmllint', ['--noout', '-'], { input: xml, encoding: 'utf8' }).stderr;
}

/** junitparser ends with 1 where a test case failed. It reads the file as others do. */
function verified(xml: string): { code: number | null; stderr: string } {
  const file = join(freshFolder(), 'junit.xml');
  writeFileSync(file, xml);
  const { status, stderr } = spawnSync('junitparser', ['verify', file], { encoding: 'utf8' });
  return { code: status, stderr };
}

/** Test cases of a JUnit file, of any kind or with an element inside, as XPath counts them. */
function countOf(xml: string, inside = ''): number {
  const path = `count(/testsuites/testsuite/testcase${inside})`;
  return Number(execFileSync('xmllint', ['--xpath', path, '-'], { input: xml, encoding: 'utf8' }));
}

describe('a JUnit file', () => {
  it.each(runs)('tells %s as the golden file does', async (_title, name, events) => {
    await expect(junitXml(outcome(events))).toMatchFileSnapshot(`golden/junit-${name}.xml`);
  });

  it.each(runs)('of %s is read by others, with the same counts', (_title, _name, events) => {
    const xml = junitXml(outcome(events));
    expect(xmlFaults(xml)).toBe('');
    const run = outcome(events);
    expect(countOf(xml)).toBe(run.steps.length + run.products.length);
    expect(countOf(xml, '[failure]')).toBe(run.finished?.failed);
    expect(countOf(xml, '[skipped]')).toBe(run.finished?.skipped);
    const good = run.finished?.outcome === 'done';
    expect(verified(xml)).toEqual({ code: good ? 0 : 1, stderr: '' });
  });

  it('has others find a fault where there is one', () => {
    const xml = junitXml(outcome(failedRun));
    expect(xmlFaults(xml.replace('</testcase>', '</testcas>'))).toContain('testcas');
    expect(verified(xml.replace(/<failure[^]*?<\/failure>/, '')).code).toBe(0);
  });

  it('is well formed, whatever happens', () => {
    // One document of many: to start xmllint for each would take minutes.
    const documents = fc
      .sample(anyRun, { numRuns: 300, seed: 7 })
      .map((events) => junitXml(outcome(events)).replace(/^<\?xml.*\n/, ''));
    expect(xmlFaults(`<all>${documents.join('')}</all>`)).toBe('');
  });
});

describe("a job's summary", () => {
  it.each(runs)('tells %s as the golden file does', async (_title, name, events) => {
    await expect(summaryMarkdown(outcome(events))).toMatchFileSnapshot(`golden/summary-${name}.txt`);
  });

  it('has no markup of others, whatever happens', () => {
    const own = /<\/?(?:details|summary|pre)>/g;
    fc.assert(
      fc.property(anyRun, (events) => {
        const text = summaryMarkdown(outcome(events));
        expect(text.replace(own, '')).not.toMatch(/[<>]/);
        const outside = text.replace(/<pre>[^]*?<\/pre>/g, '');
        expect(outside).not.toMatch(/\]\(|https?:\/\/|`/);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { numRuns: 500 },
    );
  });

  it('stays within what there is room for, and says that it is not whole', async () => {
    const [head, ...rest] = failedRun;
    const steps = Array.from({ length: 3_000 }, (_, n) => `step-${n}`);
    const events = [
      { ...head, steps } as RunEvent,
      ...rest,
      ...steps.map((step) => ({
        ...{ type: 'step-failed', time: 0, step, code: 'act-failed', message: 'm'.repeat(900) },
        ...{ temporary: false, tail: Array.from({ length: 50 }, () => 'x'.repeat(500)) },
      })),
    ] as RunEvent[];
    const summary = join(freshFolder(), 'summary.md');
    writeFileSync(summary, 'what another command wrote\n');
    const files = reportFiles('quickstart', { summary });
    for (const event of events) files.take(event);
    await files.write({ placeOf: () => undefined, fallback: 'a.yaml' });
    const text = readFileSync(summary, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThan(2 ** 20);
    expect(text).toMatch(/^what another command wrote\n### quickstart: failed\n/);
    expect(text).toMatch(/\nThe rest does not fit here; the log has it\.\n$/);
    writeFileSync(summary, 'x'.repeat(2 ** 20 - 4_100));
    await files.write({ placeOf: () => undefined, fallback: 'a.yaml' });
    expect(readFileSync(summary).length).toBeLessThan(2 ** 20);
  });
});

describe('a code quality report', () => {
  let line = 19;
  const placeOf = ({ step }: { readonly step: string }) =>
    step === 'qemu' ? { file: 'pipelines/quickstart.yaml', line, column: 3 } : undefined;
  const about = { placeOf, fallback: 'pipelines/quickstart.yaml' };
  const report = (events: readonly RunEvent[]) =>
    JSON.parse(codeQualityJson(outcome(events), about)) as Record<string, unknown>[];

  it('is empty for a run that succeeds', () => {
    expect(report(firstRun)).toEqual([]);
  });

  it('puts a failure at the line that declares its step, under a fingerprint that stays', () => {
    const [issue, ...others] = report(failedRun);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      check_name: 'step-failed',
      severity: 'major',
      location: { path: 'pipelines/quickstart.yaml', lines: { begin: 19 } },
    });
    line = 20;
    expect(report(failedRun)[0]).toMatchObject({ fingerprint: issue?.['fingerprint'] });
  });

  it('has all fields that GitLab needs, whatever happens', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        for (const issue of report(events))
          expect(issue).toMatchObject({
            description: expect.any(String) as string,
            check_name: expect.stringMatching(/^[a-z-]+$/) as string,
            fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
            severity: expect.stringMatching(/^(info|minor|major|critical|blocker)$/) as string,
            location: {
              path: expect.stringMatching(/./) as string,
              lines: { begin: expect.any(Number) as number },
            },
          });
      }),
      { numRuns: 200 },
    );
  });
});
