import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allVariations, type Variation } from '../../../src/engine/rebuild/variation.ts';
import {
  events,
  running,
  said,
  stepModule,
  uniqueSeconds,
  testProject,
  type TestProject,
} from '../../rig/project.ts';
import { smallRoot } from '../../rig/small-root.ts';

/** What a step must not depend on, each written into its output by a step of its own. */
const leaks: Readonly<Record<Variation, string>> = {
  path: 'pwd',
  clock: 'date +%Y',
  user: 'id -u',
  'host-name': 'uname -n',
  locale: 'printf "t\\nz\\n" | sort',
  umask: 'umask',
  'time-zone': 'date -d @0 +%H',
  jobs: 'echo $JOBS',
  cpus: 'nproc',
  home: 'echo $HOME',
  environment: 'echo $PATH | wc -c',
  'file-order': 'ls -U $TREE',
};

const script = `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { $, source, text, jobs, output } = await step();
const tree = source('tree');
const { stdout } = await $\`TREE=\${tree}; JOBS=\${jobs}; eval \${text('command')}\`;
writeFileSync('said.txt', 'the same beginning, and then: ' + stdout);
await output('said', 'said.txt');
`;
const ownDate = script.replace('stdout)', 'stdout + new Date().getFullYear())');

const recipe = (name: string, environment: string, more: { script?: string; output?: string } = {}): string =>
  `recipe: ${name}
summary: Says something
parameters: { command: { type: string } }
sources: { tree: { local: tree } }
environment: ${environment}
script: scripts/${more.script ?? 'say'}.ts
outputs: { said: ${more.output ?? 'said.txt'} }
`;

/** A pipeline of one step for each command, of the recipe of its name, or else of the recipe say. */
function sayProject(
  commands: Readonly<Record<string, string>>,
  recipes: Readonly<Record<string, string>>,
): TestProject {
  const steps = Object.entries(commands).map(([name, command]) => {
    const of = Object.hasOwn(recipes, name) ? name : 'say';
    return `  s-${name}: { recipe: ${of}, with: { command: '${command.replaceAll("'", "''")}' } }`;
  });
  const root = Object.entries(smallRoot).map(([path, text]) => [
    path,
    text.replace('STEP_MODULE', () => stepModule),
  ]);
  return testProject({
    ...(Object.fromEntries(root) as Record<string, string>),
    ...Object.fromEntries(['b', 'a', 'd', 'c', 'e'].map((name) => [`tree/${name}.txt`, name])),
    ...Object.fromEntries(Object.entries(recipes).map(([name, text]) => [`recipes/${name}.yaml`, text])),
    'scripts/say.ts': script,
    'scripts/own-date.ts': ownDate,
    'pipelines/say.yaml': `pipeline: say\nsummary: Says\nsteps:\n${steps.join('\n')}\n`,
  });
}

interface Verified {
  readonly verdict: string;
  readonly cause?: string;
  readonly unvaried: readonly { readonly variation: Variation; readonly why: string }[];
}

function verified(stdout: string): Map<string | undefined, Verified> {
  const found = events(stdout).filter(({ type }) => type === 'step-verified');
  return new Map(found.map((event) => [event.step, event as unknown as Verified]));
}

function filesOfStore(project: TestProject): string[] {
  const store = join(project.root, 'artifacts/.store/v1');
  return ['ac', 'cas', 'tmp', 'users'].flatMap((folder) =>
    readdirSync(join(store, folder), { recursive: true }).map(String).sort(),
  );
}

const host = '{ host: [date, sleep] }';

describe('verify', () => {
  it('in a buildroot finds whatever depends on its surroundings, and passes the rest; the store stays as it was', async () => {
    const project = sayProject(
      { ...leaks, nothing: 'cat $TREE/*' },
      { say: recipe('say', '{ buildroot: small }') },
    );
    const run = await project.run(['run', 'say']);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const before = filesOfStore(project);
    const { code, stdout } = await project.run(['verify', 'say', '--json', '--no-blame']);
    expect(code).toBe(1);
    expect(filesOfStore(project)).toEqual(before);

    const found = verified(stdout);
    expect(found.get('small')?.verdict).toBe('identical');
    expect(found.get('s-nothing')?.verdict).toBe('identical');
    const unvaried = found.get('s-nothing')?.unvaried ?? [];
    // A host may lack FUSE or a second CPU; what it lacks is said.
    const optional = new Set<Variation>(['file-order', 'cpus']);
    expect(unvaried.filter(({ variation }) => !optional.has(variation))).toEqual([]);
    const expected = allVariations.filter((each) => !unvaried.some(({ variation }) => variation === each));
    const verdicts = expected.map((each) => [each, found.get(`s-${each}`)?.verdict]);
    expect(verdicts).toEqual(expected.map((each) => [each, 'different']));
  });

  it('on the host tells a planted date from what differs each time, and from what may vary', async () => {
    const commands = {
      fine: 'echo fine',
      date: 'date',
      zone: 'date -d @0 +%H',
      random: 'read -r id </proc/sys/kernel/random/uuid; echo $id',
      measured: 'date +%N',
      'own-date': 'echo fine',
    };
    const project = sayProject(commands, {
      say: recipe('say', host),
      measured: recipe('measured', host, { output: '{ path: said.txt, varies: how long it took }' }),
      'own-date': recipe('own-date', host, { script: 'own-date' }),
    });
    expect((await project.run(['run', 'say'])).code).toBe(0);
    const { code, stdout } = await project.run(['verify', 'say']);
    expect(code).toBe(1);
    const about = (step: string): string =>
      new RegExp(`^${step} +(?!started)\\S[^]*?(?=^\\S)`, 'm').exec(stdout)?.[0] ?? '';
    const [date, zone, random, measured, own] = ['date', 'zone', 'random', 'measured', 'own-date'].map(
      (name) => about(`s-${name}`),
    );
    expect(stdout).toMatch(/^s-fine +identical, rebuilt in /m);
    expect(date).toContain('said: said.txt: other bytes');
    expect(date).toMatch(/first at byte \d+ of [^\n]*:\n +stored +0000[^]*\n +rebuilt +0000/);
    expect(date).toMatch(/cause: it follows from the clock/);
    expect(zone).toMatch(/cause: it follows from time-zone: another time zone/);
    expect(random).toMatch(/cause: it differs from one run to the next.*random numbers/);
    expect(measured).toContain('said varies, as declared: how long it took');
    expect(own).toMatch(/cause: it follows from clock/);
    expect(stdout).toMatch(
      /^not reproducible, in .*: 1 step identical, 1 identical except for what may vary, 4 different$/m,
    );
    expect((await project.run(['verify', 'say', 's-fine', 's-measured'])).code).toBe(0);
  });

  it('varies only what it is told to, and keeps both versions of what differs', async () => {
    const project = sayProject({ year: 'date +%Y' }, { say: recipe('say', host) });
    const never = await project.run(['verify', 'say']);
    expect(never).toMatchObject({ code: 1, stdout: '' });
    expect(never.stderr).toContain('cidermill run say');
    await project.run(['run', 'say']);
    expect((await project.run(['verify', 'say', '--vary', 'home,umask'])).code).toBe(0);
    const args = ['verify', 'say', '--vary', 'clock', '--keep', 'kept', '--no-blame'];
    const { code, stdout } = await project.run(args);
    expect(code).toBe(1);
    expect(stdout).not.toContain('cause:');
    const [stored, rebuilt] = ['stored', 'rebuilt'].map((side) =>
      readFileSync(join(project.root, 'kept/s-year/said', side, 'said.txt'), 'utf8'),
    );
    expect(stored).toContain('the same beginning');
    expect(rebuilt).not.toBe(stored);
    expect((await project.run(['verify', 'say', '--vary', 'moon'])).code).toBe(2);
    const unknown = await project.run(['verify', 'say', 's-wrong']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('s-year');
  });

  it('killed, leaves no process and no mount, and the next command clears its folders', async () => {
    const project = sayProject({ slow: 'sleep $WAIT; echo slept' }, { say: recipe('say', host) });
    const seconds = uniqueSeconds();
    const waiting = `case $PWD in *.rebuild.*) WAIT=${seconds};; *) WAIT=0;; esac; echo waiting; TREE=`;
    project.write(
      'scripts/say.ts',
      script.replace('TREE=', () => waiting),
    );
    expect((await project.run(['run', 'say'])).code).toBe(0);
    const child = project.start(['verify', 'say', '--json']);
    await said(child.stdout, /"line":"waiting"/);
    await expect.poll(() => running(seconds)).not.toEqual([]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => running(seconds), { timeout: 10_000 }).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(project.root);
    expect((await project.run(['store', 'verify'])).code).toBe(0);
    expect(readdirSync(join(project.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
    expect(existsSync(join(project.root, 'tree/a.txt'))).toBe(true);
  });
});
