import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  machineOf,
  machines,
  nets,
  qemuOptions,
  solve,
  stages,
  type Situation,
} from '../../src/guest/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { smcConfiguration } from '../../src/vm/index.ts';
import { guests, situation } from '../guest/known-guests.ts';
import { stepModule, testProject } from '../rig/project.ts';
import { testOsk } from '../vm/guests.ts';

/*
 * Each release of QEMU, built from its source in its own buildroot (or out of the store that CIDERMILL_STORE names):
 * the probe and the loader's route on both machines, and every machine of the truth table started until QMP answers.
 * They run in the release's buildroot, whose C library may be newer than this host's. There is no KVM in it: a command line
 * for KVM is started with TCG in the place of -enable-kvm.
 */
interface Row {
  readonly upstream: string;
}
const table = parse(readFileSync(join(packageRoot, 'recipes/tables/qemu.yaml'), 'utf8')) as {
  readonly values: Readonly<Record<string, Row>>;
};

const pipeline = `pipeline: machines
summary: What a QEMU boots and starts
parameters:
  qemu-release: { type: choice, of: qemu }
  route: { type: file, default: recipes/routes/standin.yaml }
steps:
  seabios: { recipe: seabios }
  qemu-programs: { recipe: qemu-programs, with: { qemu-release: '\${qemu-release}' } }
  qemu:
    recipe: qemu
    with:
      programs: '\${qemu-programs}'
      bios: '\${seabios.bios}'
      vgabios-stdvga: '\${seabios.vgabios-stdvga}'
      vgabios-vmware: '\${seabios.vgabios-vmware}'
  probe: { recipe: probe }
  kernel: { recipe: standin-kernel }
  loader: { recipe: standin-loader }
  sample: { recipe: sample-installer, with: { kernel: '\${kernel.kernel}' } }
  iso: { recipe: installer-iso, with: { installer: '\${sample.dmg}' } }
  disk: { recipe: guest-disk, with: { qemu-release: '\${qemu-release}', qemu: '\${qemu}', size: 1G } }
${machinesOf((machine) => [
  `  probe-${machine}:`,
  '    recipe: smoke-boot',
  '    with:',
  ...shared(machine),
  "      kernel: '${probe.kernel}'",
  '      disk-size: 1G',
  `  loader-${machine}:`,
  '    recipe: loader-boot',
  '    with:',
  ...shared(machine),
  "      loader: '${loader.boot}'",
  "      route: '${route}'",
  '      volume: OS X Base System',
  "      version: '10.10'",
])}
  started:
    recipe: started
    with:
      qemu-release: '\${qemu-release}'
      qemu: '\${qemu}'
      loader: '\${probe.kernel}'
${machinesOf((machine) => [
  `      probe-${machine}: '\${probe-${machine}.milestones}'`,
  `      loader-${machine}: '\${loader-${machine}.milestones}'`,
])}
products:
  machines:
    from:
      answers: '\${started.answers}'
    gate: started
`;

function shared(machine: string): string[] {
  return [
    "      qemu-release: '${qemu-release}'",
    "      qemu: '${qemu}'",
    "      bios: '${seabios.bios}'",
    "      iso: '${iso.iso}'",
    "      disk: '${disk.image}'",
    `      machine: ${machine}`,
  ];
}

function machinesOf(lines: (machine: string) => string[]): string {
  return ['q35', 'pc'].flatMap(lines).join('\n');
}

const recipe = `recipe: started
summary: Starts QEMU with each command line until it answers
parameters:
  qemu-release: { type: choice, of: qemu }
inputs:
  qemu: its folder
  loader: a kernel
${machinesOf((machine) => [`  probe-${machine}: a boot`, `  loader-${machine}: another boot`])}
sources: { lines: { local: lines } }
environment: { buildroot: '\${qemu-release.buildroot}' }
script: scripts/started.ts
outputs: { answers: answers.txt }
`;

const script = `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { $, source, input, output, text, fail } = await step();
const lines: string[][] = JSON.parse(readFileSync(source('lines') + '/' + text('qemu-release') + '.json', 'utf8'));
await $\`\${input('qemu')}/bin/qemu-img create -f qcow2 disk.qcow2 64M && truncate -s 64M disc.iso && mkdir share\`;
writeFileSync('smc.cfg', readFileSync(source('lines') + '/smc.cfg'));
const asked = ['qmp_capabilities', 'query-status', 'quit'].map((execute) => JSON.stringify({ execute }) + '\\n');
writeFileSync('asked', asked.join(''));
const answers: string[] = [];
for (const args of lines) {
  const said = await $\`TMPDIR=$PWD \${input('qemu')}/bin/qemu-system-x86_64 \${args} -display none -S -qmp stdio < asked 2>&1\`.nothrow().quiet();
  const answered = said.exitCode === 0 && said.stdout.includes('"QMP"') && said.stdout.includes('"prelaunch"');
  answers.push((answered ? 'answers ' : 'fails ' + said.stdout) + ' ' + args.join(' '));
}
writeFileSync('answers.txt', answers.join('\\n') + '\\n');
await output('answers', 'answers.txt');
`;

/** The command lines of all machines that no fact refuses on that QEMU, each once. */
function commandLines(qemu: string): string[][] {
  const found = new Map<string, string[]>();
  const hosts: Partial<Situation>[] = [
    { accel: 'tcg' },
    { accel: 'kvm', cpu: 'intel' },
    { accel: 'kvm', cpu: 'amd' },
  ];
  for (const guest of guests)
    for (const machine of machines)
      for (const net of nets)
        for (const stage of stages)
          for (const cpus of [1, 2, 4, 8])
            for (const host of hosts) {
              const at = situation(guest, { machine, net, stage, cpus, qemu, memory: 512, ...host });
              const verdict = solve(guest, at);
              if (verdict.kind === 'refused') continue;
              const args = qemuOptions(machineOf(at, verdict), {
                start: { by: 'seabios', loader: '/inputs/loader' },
                disk: { file: 'disk.qcow2', format: 'qcow2' },
                ...(stage === 'install' ? { iso: 'disc.iso' } : {}),
                share: { folder: 'share', writable: false },
                smc: 'smc.cfg',
                monitor: 'none',
                snapshot: false,
                extra: [],
              }).flatMap((option) => (option.args[0] === '-enable-kvm' ? ['-accel', 'tcg'] : option.args));
              found.set(args.join(' '), args);
            }
  return [...found.values()];
}

describe.each(Object.entries(table.values))('QEMU %s', (release, { upstream }) => {
  it(
    'boots the probe and the loader on q35 and pc, and starts every machine of the truth table',
    { timeout: 3_600_000 },
    async () => {
      const lines = commandLines(upstream);
      expect(lines.length).toBeGreaterThan(20);
      const project = testProject({
        'pipelines/machines.yaml': pipeline,
        'recipes/started.yaml': recipe,
        'scripts/started.ts': script,
        [`lines/${release}.json`]: JSON.stringify(lines),
        'lines/smc.cfg': smcConfiguration(testOsk),
        'recipes/routes/standin.yaml': readFileSync(join(packageRoot, 'recipes/routes/standin.yaml'), 'utf8'),
      });
      const store = process.env['CIDERMILL_STORE'];
      const { code, stdout, stderr } = await project.run(
        ['run', 'machines', '--set', `qemu-release=${release}`],
        store === undefined ? {} : { CIDERMILL_STORE: store },
      );
      expect(code, stdout + stderr).toBe(0);
      expect(stdout + stderr).toContain(`QEMU emulator version ${upstream}`);
      const answers = readFileSync(join(project.root, 'artifacts/machines/answers.txt'), 'utf8')
        .trimEnd()
        .split('\n');
      expect(answers.filter((line) => !line.startsWith('answers '))).toEqual([]);
      expect(answers).toHaveLength(lines.length);
      console.log(`QEMU ${release}: ${answers.length} command lines answered`);
    },
  );
});
