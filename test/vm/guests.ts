import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { smcConfiguration, smokeArguments, type SmokeMachine } from '../../src/vm/index.ts';

/** Not Apple's: a dummy of the same length. */
export const testOsk = `${'cidermill'.repeat(7)}!`;

const probeSource = fileURLToPath(new URL('../../recipes/probe', import.meta.url));

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that is gone after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-vm-'));
  folders.push(folder);
  return folder;
}

/** Builds the probe with the host's compiler; gives its path. */
export function buildProbe(folder = temporaryFolder(), osk = testOsk): string {
  run('make', ['-C', probeSource, `OUT=${folder}`, `OSK=${osk}`]);
  return join(folder, 'probe.elf');
}

/** Assembles a multiboot kernel whose code, at `start`, is given; gives its path. */
export function buildGuest(code: string): string {
  const folder = temporaryFolder();
  const [source, object, kernel] = ['guest.S', 'guest.o', 'guest.elf'].map((name) => join(folder, name));
  const header = '.section .multiboot, "a"\n.balign 4\n.long 0x1badb002, 3, -(0x1badb002 + 3)\n';
  writeFileSync(source as string, `${header}.text\n.global start\nstart:\ncli\n${code}\n`);
  run('gcc', ['-m32', '-c', '-o', object as string, source as string]);
  run('ld', [
    '-m',
    'elf_i386',
    '-T',
    join(probeSource, 'probe.ld'),
    '-o',
    kernel as string,
    object as string,
  ]);
  return kernel as string;
}

/** The probe with another `probe` function, one that runs into an invalid opcode. */
export function buildFaultyProbe(): string {
  const folder = temporaryFolder();
  buildProbe(folder);
  const [source, object, kernel] = ['faulty.S', 'probe.o', 'faulty.elf'].map((name) => join(folder, name));
  writeFileSync(
    source as string,
    '.global probe\nprobe: call clear_screen\ncall catch_faults\nud2\n.section .note.GNU-stack\n',
  );
  run('gcc', ['-m32', '-c', '-o', object as string, source as string]);
  const objects = readdirSync(folder).filter((name) => name.endsWith('.o'));
  const script = join(probeSource, 'probe.ld');
  run('ld', [
    '-m',
    'elf_i386',
    '-T',
    script,
    '-o',
    kernel as string,
    ...objects.map((name) => join(folder, name)),
  ]);
  return kernel as string;
}

/** Assembly that sends a text to a port: 0xe9 is the debug console, 0x3f8 the serial line. */
export function sendText(text: string, port: number): string {
  return [
    `mov $${port}, %edx`,
    ...Array.from(text, (c) => `mov $${c.charCodeAt(0)}, %al\nout %al, %dx`),
  ].join('\n');
}

/** Assembly that puts a text at the upper left corner of the text screen. */
export function showText(text: string): string {
  return Array.from(text, (c, i) => `movw $${0x700 + c.charCodeAt(0)}, ${0xb8000 + 2 * i}`).join('\n');
}

export const halt = 'halt: hlt\njmp halt';

export function makeDisk(folder: string, size = '1G'): string {
  const disk = join(folder, 'disk.qcow2');
  run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, size]);
  return disk;
}

/** The smoke machine on the host's QEMU; `changes` replace its parts. */
export function machineArguments(
  folder: string,
  kernel: string,
  iso: string,
  changes: Partial<SmokeMachine> = {},
): string[] {
  writeFileSync(join(folder, 'smc.cfg'), smcConfiguration(testOsk));
  return smokeArguments({
    machine: 'q35',
    accelerator: 'tcg',
    cpu: 'core2duo',
    cpus: 2,
    memory: 256,
    kernel,
    iso,
    disk: makeDisk(folder),
    smc: 'smc.cfg',
    ...changes,
  });
}

/** The arguments without each option whose value matches. */
export function without(args: readonly string[], value: RegExp): string[] {
  const left: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const next = args[i + 1];
    if (args[i]?.startsWith('-') === true && next !== undefined && value.test(next)) i++;
    else left.push(args[i] as string);
  }
  if (left.length === args.length) throw new Error(`no argument matches ${value}`);
  return left;
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
