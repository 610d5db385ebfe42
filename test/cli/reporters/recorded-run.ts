import { sha256 } from '../../../src/base/index.ts';
import type { RunEvent } from '../../../src/engine/events.ts';

/** Distributes over the union, so that each event keeps its own fields. */
type Untimed<Event> = Event extends RunEvent ? Omit<Event, 'time'> : never;

/** The epoch of every recording: an afternoon in 2024. */
const start = 1_718_000_000_000;

/** A recording: seconds since its start, and what happened. */
export function recording(...moments: readonly (readonly [number, Untimed<RunEvent>])[]): RunEvent[] {
  return moments.map(([seconds, event]) => ({ time: start + Math.round(seconds * 1000), ...event }));
}

const key = (step: string) => sha256(`key of ${step}`);
const log = (step: string) => `/home/ann/mill/artifacts/.store/v1/logs/${step}-${key(step).slice(0, 12)}.log`;
const first = ['it has not run here before'];

const started = (step: string, why: readonly string[] = first) =>
  ({ type: 'step-started', step, key: key(step), why, log: log(step) }) as const;
const output = (step: string, line: string) => ({ type: 'step-output', step, line }) as const;
const done = (step: string, milliseconds: number, notes: readonly string[] = [], unchanged = false) =>
  ({ type: 'step-done', step, key: key(step), milliseconds, notes, unchanged }) as const;
const cached = (step: string, notes: readonly string[] = []) =>
  ({ type: 'step-cached', step, key: key(step), notes }) as const;
const fetching = (step: string, what: string, received: number, total?: number) =>
  ({
    type: 'step-fetching',
    step,
    source: 'tree',
    what,
    done: received,
    ...(total === undefined ? {} : { total }),
  }) as const;
const progress = (step: string, amount: number, total: number, unit: string, label?: string) =>
  ({
    type: 'step-event',
    step,
    event: { type: 'progress', done: amount, total, unit, ...(label === undefined ? {} : { label }) },
  }) as const;

export const steps = ['buildroot', 'seabios', 'probe', 'qemu', 'iso', 'disk', 'smoke'];
const runStarted = { type: 'run-started', pipeline: 'quickstart', steps } as const;
const entry = (name: string, path: string, size: number) =>
  ({ name, path, type: 'file', size, files: 1, step: name, summary: `the ${name}` }) as const;
const product = (unchanged: boolean) =>
  ({
    type: 'product-published',
    product: 'image',
    path: '/home/ann/mill/artifacts/image',
    unchanged,
    entries: [
      entry('iso', 'hfsplus.iso', 4_194_304),
      entry('disk', 'disk.qcow2', 196_616),
      entry('screen', 'screen.png', 7_312),
      { ...entry('qemu', 'qemu', 31_457_280), type: 'directory', files: 61 },
    ],
    next: ['cidermill boot artifacts/image'],
    files: [
      { path: 'hfsplus.iso', size: 4_194_304, digest: sha256('iso') },
      { path: 'disk.qcow2', size: 196_616, digest: sha256('disk') },
      { path: 'screen.png', size: 7_312, digest: sha256('screen') },
    ],
  }) as const;

const qemuLines = (from: number, to: number, total: number, since: number, each: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => {
    const line = `[${from + index}/${total}] Compiling C object libcommon.fa.p/hw_core_part${from + index}.c.o`;
    return [since + index * each, output('qemu', line)] as const;
  });

/** Everything runs, two steps at a time. */
export const firstRun: RunEvent[] = recording(
  [0, runStarted],
  [0.1, started('buildroot')],
  ...Array.from({ length: 16 }, (_, n) => {
    return [
      1 + n * 1.5,
      fetching('buildroot', 'packages of debian-bookworm', n * 6_500_000, 101_000_000),
    ] as const;
  }),
  [26, output('buildroot', 'I: installing essential packages...')],
  [48, done('buildroot', 47_900, ['debian-bookworm: 148 packages'])],
  [48.1, started('seabios')],
  [48.2, started('probe')],
  [48.4, fetching('seabios', 'seabios_1.16.2.orig.tar.gz', 0)],
  [48.9, fetching('seabios', 'seabios_1.16.2.orig.tar.gz', 655_360, 684_032)],
  [49.5, output('seabios', '  Compiling whole program out/ccode16.o')],
  [50, output('probe', 'gcc -m32 -ffreestanding -c probe.c -o probe.o')],
  [51, done('probe', 2_800)],
  [51.2, started('qemu', ['scripts/qemu.ts:14 changed', 'the input bios (of seabios) changed'])],
  [52, output('qemu', '$ ../configure --target-list=x86_64-softmmu --without-default-features')],
  [60, done('seabios', 11_900, ['bios.bin: 262144 bytes'], true)],
  [70, output('qemu', 'Build targets in project: 217')],
  ...qemuLines(1, 1283, 1283, 71, 0.085),
  [181, output('qemu', 'strip qemu-system-x86_64')],
  [183, done('qemu', 131_800)],
  [183.1, started('iso')],
  [183.2, started('disk')],
  [184, progress('iso', 2_097_152, 4_194_304, 'bytes')],
  [184.5, progress('iso', 4_194_304, 4_194_304, 'bytes')],
  [185, done('iso', 1_900, ['42 chunks, 3 checksums right'])],
  [186, done('disk', 2_800)],
  [186.1, started('smoke')],
  [187, progress('smoke', 1, 9, 'milestones', 'firmware')],
  [188, progress('smoke', 9, 9, 'milestones', 'kernel')],
  [
    188.5,
    {
      type: 'step-event',
      step: 'smoke',
      event: { type: 'note', text: 'booted: 9 of 9 milestones in 1.3 s' },
    },
  ],
  [189, done('smoke', 2_900, ['booted: 9 of 9 milestones in 1.3 s'])],
  [189.1, product(false)],
  [
    189.2,
    {
      type: 'run-finished',
      outcome: 'done',
      milliseconds: 189_200,
      cached: 0,
      executed: 7,
      failed: 0,
      skipped: 0,
    },
  ],
);

export const secondRun: RunEvent[] = recording(
  [0, runStarted],
  ...steps.map((step, n) => {
    return [0.02 * n, cached(step, step === 'smoke' ? ['booted: 9 of 9 milestones in 1.3 s'] : [])] as const;
  }),
  [0.25, product(true)],
  [
    0.31,
    {
      type: 'run-finished',
      outcome: 'done',
      milliseconds: 310,
      cached: 7,
      executed: 0,
      failed: 0,
      skipped: 0,
    },
  ],
);

/** QEMU does not compile, `--keep-going` makes what does not need it. */
export const failedRun: RunEvent[] = recording(
  [0, runStarted],
  [0.1, cached('buildroot')],
  [0.1, cached('seabios')],
  [0.2, cached('probe')],
  [0.3, { type: 'step-waiting', step: 'qemu', key: key('qemu') }],
  [2, started('qemu', ['recipes/qemu.yaml:21 the parameter devices changed'])],
  [2.1, started('iso')],
  ...qemuLines(1, 400, 1283, 20, 0.085),
  [40, done('iso', 37_900)],
  [40.1, started('disk')],
  [43, done('disk', 2_900)],
  [
    55,
    {
      type: 'step-event',
      step: 'qemu',
      event: { type: 'note', text: 'configured without default devices' },
    },
  ],
  [
    55.5,
    {
      type: 'step-failed',
      code: 'step-failed',
      exitCode: 1,
      temporary: false,
      step: 'qemu',
      message: 'the command `ninja qemu-system-x86_64` ended with exit code 1',
      hint: 'The compiler said why; `cidermill log qemu` shows all of it.',
      log: log('qemu'),
      tail: [
        '[401/1283] Compiling C object libcommon.fa.p/hw_misc_applesmc.c.o',
        'FAILED: libcommon.fa.p/hw_misc_applesmc.c.o',
        "\u001b[1m../hw/misc/applesmc.c:93:5: \u001b[31merror:\u001b[0m unknown type name 'AppleSMC'",
        'ninja: build stopped: subcommand failed.',
      ],
    },
  ],
  [55.6, { type: 'step-skipped', step: 'smoke', because: 'qemu' }],
  [
    55.7,
    {
      type: 'run-finished',
      outcome: 'failed',
      milliseconds: 55_700,
      cached: 3,
      executed: 2,
      failed: 1,
      skipped: 1,
    },
  ],
);

export const interruptedRun: RunEvent[] = recording(
  [0, runStarted],
  [0.1, cached('buildroot')],
  [0.2, started('seabios')],
  [0.2, started('probe')],
  [3, done('probe', 2_800)],
  [3.1, started('qemu')],
  [9, output('seabios', '  Compiling whole program out/ccode32flat.o')],
  [
    10.4,
    {
      type: 'run-finished',
      outcome: 'interrupted',
      milliseconds: 10_400,
      cached: 1,
      executed: 1,
      failed: 0,
      skipped: 0,
    },
  ],
);
