// A pipeline of 100 steps in which nothing is to be done, beside wireit and GNU make on the same graph, and beside other
// checkouts of cidermill, made ready, whose folders are given: node --import tsx bench/no-op.ts [FOLDER …]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { packageRoot } from '../src/host/index.ts';
import { machine, median, ratio, table, timeInTurn, type Contender } from './measure.ts';

const steps = 100;
const rounds = 9;
const work = mkdtempSync(join(tmpdir(), 'cidermill-bench-'));

try {
  const others = process.argv
    .slice(2)
    .map((path) => cidermill(resolve(path), `cidermill, ${basename(path)}`));
  const contenders = [
    bareNode(),
    cidermill(packageRoot, 'cidermill'),
    touched(cidermill(packageRoot, 'cidermill, a file touched before')),
    ...others,
    wireit(),
    make(),
  ];
  const runAll = (): void => {
    for (const { command, cwd, env } of contenders) {
      execFileSync(command[0] ?? '', command.slice(1), {
        cwd,
        env: { ...process.env, ...env },
        stdio: 'ignore',
      });
    }
  };
  runAll();
  // What is this new is not remembered as up to date.
  await setTimeout(2_500);
  runAll();
  const timings = timeInTurn(contenders, rounds);
  const of = (name: string) => timings.get(name) ?? [];
  const own = of('cidermill').map((timing, i) => ({
    ...timing,
    cpu: timing.cpu - (of('node -e 0')[i]?.cpu ?? 0),
  }));
  const rows = contenders.map(({ name }) => [
    name,
    median(of(name).map(({ cpu }) => cpu)).toFixed(3),
    median(of(name).map(({ wall }) => wall)).toFixed(3),
    ratio(of(name), of('cidermill'), 'cpu').toFixed(2),
  ]);
  console.log(`${steps} steps in a chain, nothing to do, ${rounds} rounds; ${machine()}\n`);
  console.log(table(['program', 'CPU s', 'wall s', "CPU, as a multiple of cidermill's"], rows));
  console.log(`\ncidermill beyond Node's own start: ${median(own.map(({ cpu }) => cpu)).toFixed(3)} CPU s`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function bareNode(): Contender {
  return { name: 'node -e 0', command: [process.execPath, '-e', '0'], cwd: work };
}

/** The same, where the pipeline's file is looked at anew each time. */
function touched(contender: Contender): Contender {
  const file = join(contender.cwd ?? work, 'pipelines/chain.yaml');
  return { ...contender, before: () => utimesSync(file, new Date(), new Date()) };
}

function folder(name: string): string {
  const path = join(work, name);
  mkdirSync(path);
  return path;
}

/** @param root absolute: of a checkout */
function cidermill(root: string, name: string): Contender {
  const cwd = folder(name);
  for (const each of ['recipes', 'pipelines', 'scripts']) mkdirSync(join(cwd, each));
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(cwd, 'recipes/link.yaml'),
    `recipe: link
summary: One link of a chain
parameters: { number: { type: integer, summary: which link } }
inputs: { before: the link before }
environment: none
script: scripts/link.ts
outputs: { text: text.txt }
`,
  );
  writeFileSync(
    join(cwd, 'recipes/start.yaml'),
    `recipe: start
summary: The first link
environment: none
script: scripts/link.ts
outputs: { text: text.txt }
`,
  );
  const step = join(root, 'src/step/index.ts');
  writeFileSync(
    join(cwd, 'scripts/link.ts'),
    `import { writeFileSync } from 'node:fs';
import { step } from ${JSON.stringify(step)};
const { name, output } = await step();
writeFileSync('text.txt', name);
await output('text', 'text.txt');
`,
  );
  const chain = Array.from({ length: steps - 1 }, (_, i) => {
    const before = i === 0 ? 's0' : `s${i}`;
    return `  s${i + 1}: { recipe: link, with: { number: ${i + 1}, before: "\${${before}.text}" } }`;
  });
  writeFileSync(
    join(cwd, 'pipelines/chain.yaml'),
    ['pipeline: chain', 'summary: A chain', 'steps:', '  s0: { recipe: start }', ...chain, ''].join('\n'),
  );
  return {
    name,
    command: [process.execPath, launcher(root), 'run', 'chain'],
    cwd,
    env: { CIDERMILL_STORE: join(cwd, 'store') },
  };
}

/** The module that starts it; it lay elsewhere before. */
function launcher(root: string): string {
  const path = join(root, 'bin/cidermill.mjs');
  return existsSync(path) ? path : join(root, 'src/launch.mjs');
}

function wireit(): Contender {
  const cwd = folder('wireit');
  const names = Array.from({ length: steps }, (_, i) => `s${i}`);
  const entries = Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        command: `echo ${name} > ${name}.txt`,
        files: ['package.json'],
        output: [`${name}.txt`],
        ...(i === 0 ? {} : { dependencies: [`s${i - 1}`] }),
      },
    ]),
  );
  const scripts = Object.fromEntries(names.map((name) => [name, 'wireit']));
  writeFileSync(
    join(cwd, 'package.json'),
    JSON.stringify({ name: 'chain', version: '1.0.0', scripts, wireit: entries }),
  );
  // What `npm run` would set, without npm's own start in the figure.
  const env = { npm_lifecycle_event: `s${steps - 1}`, npm_package_json: join(cwd, 'package.json') };
  const bin = join(packageRoot, 'node_modules/wireit/bin/wireit.js');
  return {
    name: 'wireit',
    command: [process.execPath, bin],
    cwd,
    env: { ...env, npm_command: 'run-script' },
  };
}

function make(): Contender {
  const cwd = folder('make');
  const rules = Array.from(
    { length: steps },
    (_, i) => `s${i}.txt: ${i === 0 ? '' : `s${i - 1}.txt`}\n\techo ${i} > $@\n`,
  );
  writeFileSync(join(cwd, 'Makefile'), [`all: s${steps - 1}.txt\n`, ...rules].join('\n'));
  return { name: 'GNU make', command: ['make', '-s'], cwd };
}
