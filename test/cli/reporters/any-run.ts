import fc from 'fast-check';
import { hostileLines } from '../../rig/hostile-project.ts';
import { sha256 } from '../../../src/base/index.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import type { StepEvent } from '../../../src/step/protocol.ts';

/** Text as a build may print it: escape sequences, controls, wide characters, broken surrogates, length. */
const foreign = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\u001b[2J\u001b[1;1Hgone',
    '\u001b]0;title\u0007text',
    '\u001b]8;;http://a\u001b\\link\u001b]8;;\u001b\\',
    '\u009b31mred',
    '\u001bPq#0\u001b\\',
    '\u001b[',
    '\u001b',
    '10 %\r20 %\r',
    'a\tb\nc\u0000\u0007\u0008',
    '構築しています🍎🍏',
    '\ud800 \udfff',
    '\u202egnp.exe',
    'x'.repeat(5_000),
    '[12/1283] Compiling',
    '[9/0] nothing',
    '[3/2] more than all',
    ...hostileLines,
    hostileLines.join('\n'),
  ),
);
const step = fc.oneof(fc.constantFrom('seabios', 'qemu', 'smoke'), foreign);
const key = fc.constantFrom(sha256('a'), sha256('b'));
const amount = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom<number>(0, -1, NaN, Infinity, Number.MAX_VALUE, 5e-324),
);
const milliseconds = fc.oneof(fc.nat(), fc.constantFrom(0, 1e15));
const total = fc.option(amount, { nil: undefined });

/** What a script may write on file descriptor 3, our protocol or not. */
const stepEvent = fc.oneof(
  fc.record({
    type: fc.constant('progress'),
    done: amount,
    total,
    unit: fc.oneof(fc.constantFrom('bytes', 'steps'), foreign),
    label: foreign,
  }),
  fc.record({ type: fc.constant('note'), text: foreign }),
  fc.record({
    type: fc.constantFrom('progress', 'note', 'output', 'failure', 'other'),
    done: fc.anything(),
    total: fc.anything(),
    unit: fc.anything(),
    label: fc.anything(),
    text: fc.anything(),
  }),
) as unknown as fc.Arbitrary<StepEvent>;

const excerpt = fc.record({
  size: amount,
  at: amount,
  offset: fc.nat(),
  hex: fc.constantFrom('', '0a', '4a616e00'),
});
const verified = fc.record({
  type: fc.constant('step-verified'),
  step,
  key,
  milliseconds,
  log: foreign,
  cause: fc.option(foreign, { nil: undefined }),
  verdict: fc.constantFrom('identical', 'varies', 'different'),
  outputs: fc.array(
    fc.record({
      output: foreign,
      verdict: fc.constantFrom('identical', 'varies', 'different'),
      varies: fc.option(foreign, { nil: undefined }),
      more: fc.nat(9),
      differences: fc.array(
        fc.record({
          path: foreign,
          what: foreign,
          where: fc.option(
            fc.record({
              stored: excerpt,
              rebuilt: excerpt,
              trail: fc.array(foreign, { maxLength: 3 }),
              remarks: fc.array(foreign, { maxLength: 3 }),
              others: fc.array(foreign, { maxLength: 3 }),
            }),
            { nil: undefined },
          ),
          diffoscope: fc.option(fc.array(foreign, { maxLength: 3 }), { nil: undefined }),
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 3 },
  ),
  varied: fc.array(foreign, { maxLength: 3 }),
  unvaried: fc.array(fc.record({ variation: foreign, why: foreign }), { maxLength: 3 }),
});

const traced = fc.record({
  type: fc.constant('step-traced'),
  step,
  key,
  milliseconds,
  sandboxed: fc.boolean(),
  opened: fc.nat(),
  undeclared: fc.array(
    fc.record({
      package: fc.option(foreign, { nil: undefined }),
      paths: fc.array(foreign, { maxLength: 3 }),
      count: fc.nat(),
      commands: fc.array(foreign, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
});

const event = fc.oneof(
  verified,
  traced,
  fc.record({
    type: fc.constant('trace-finished'),
    outcome: fc.constantFrom('declared', 'undeclared', 'failed', 'interrupted'),
    milliseconds,
    declared: fc.nat(9),
    undeclared: fc.nat(9),
    failed: fc.nat(9),
  }),
  fc.record({
    type: fc.constant('verify-finished'),
    outcome: fc.constantFrom('same', 'different', 'interrupted'),
    milliseconds,
    identical: fc.nat(9),
    varies: fc.nat(9),
    different: fc.nat(9),
    failed: fc.nat(9),
  }),
  fc.record({ type: fc.constant('run-started'), pipeline: foreign, steps: fc.array(step, { maxLength: 8 }) }),
  fc.record({ type: fc.constant('step-cached'), step, key, notes: fc.array(foreign, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant('step-started'),
    step,
    key,
    why: fc.array(foreign, { maxLength: 5 }),
    log: foreign,
  }),
  fc.record({ type: fc.constant('step-waiting'), step, key }),
  fc.record({
    type: fc.constant('step-hashing'),
    step,
    input: foreign,
    path: foreign,
    done: amount,
    total: amount,
  }),
  fc.record({
    type: fc.constant('step-fetching'),
    step,
    source: foreign,
    what: foreign,
    done: amount,
    total,
  }),
  fc.record({ type: fc.constant('step-event'), step, event: stepEvent }),
  fc.record({ type: fc.constant('step-output'), step, line: foreign }),
  fc.record({
    type: fc.constant('step-done'),
    step,
    key,
    milliseconds,
    notes: fc.array(foreign, { maxLength: 30 }),
    unchanged: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('step-failed'),
    code: fc.constant('step-failed'),
    temporary: fc.boolean(),
    step,
    message: foreign,
    hint: foreign,
    log: foreign,
    tail: fc.array(foreign, { maxLength: 20 }),
  }),
  fc.record({ type: fc.constant('step-skipped'), step, because: step }),
  fc.record({
    type: fc.constant('product-published'),
    product: foreign,
    path: foreign,
    unchanged: fc.boolean(),
    entries: fc.array(
      fc.record({
        name: foreign,
        path: foreign,
        type: fc.constantFrom('file', 'directory'),
        size: amount,
        files: fc.nat(9),
        step: foreign,
        summary: foreign,
      }),
      { maxLength: 30 },
    ),
    next: fc.array(foreign, { maxLength: 3 }),
    files: fc.array(fc.record({ path: foreign, size: amount, digest: fc.option(key, { nil: undefined }) }), {
      maxLength: 30,
    }),
  }),
  fc.record({ type: fc.constant('product-failed'), product: foreign, message: foreign, hint: foreign }),
  fc.record({
    type: fc.constant('run-finished'),
    outcome: fc.constantFrom('done', 'failed', 'interrupted'),
    milliseconds,
    cached: fc.nat(9),
    executed: fc.nat(9),
    failed: fc.nat(9),
    skipped: fc.nat(9),
  }),
);

/** Any events in any order, at times that may also go back. */
export const anyRun = fc
  .array(fc.tuple(fc.integer({ min: -5_000, max: 90_000 }), event), { maxLength: 40 })
  .map((moments) => {
    let time = 1_718_000_000_000;
    return moments.map(([passed, each]) => ({ time: (time += passed), ...each }) as unknown as RunEvent);
  });
