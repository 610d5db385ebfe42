import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../host/programs/program.ts';

/** How long the same small guest took under each accelerator, in milliseconds; undefined when it did not come to its end. */
export interface AcceleratorTimes {
  readonly kvm: number | undefined;
  readonly tcg: number | undefined;
}

const romSize = 0x10000;
const loops = 20_000_000;
/** QEMU's exit status is 2 × value + 1. */
const done = 0x10;
const patience = 20_000;

/**
 * Times the accelerators by a guest of sixteen instructions: a ROM that counts and ends QEMU. The file /dev/kvm says
 * little: in a guest of a hypervisor without nesting, KVM runs, far slower than TCG does.
 * @param qemu the program
 */
export async function timeAccelerators(qemu: string, signal?: AbortSignal): Promise<AcceleratorTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'cidermill-probe-'));
  try {
    const rom = join(folder, 'count.rom');
    await writeFile(rom, countingRom(loops));
    const tcg = await time(qemu, 'tcg', rom, patience, signal);
    // An honest KVM is faster; an emulated one takes a hundred times as long and is not waited for.
    const limit = Math.max(1500, Math.ceil(5 * (tcg ?? patience)));
    const kvm = await time(qemu, 'kvm', rom, limit, signal);
    return { kvm, tcg };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function time(
  qemu: string,
  accelerator: 'kvm' | 'tcg',
  rom: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const machine = ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-m', '16'];
  const debugExit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  const started = performance.now();
  const args = [...machine, '-machine', `pc,accel=${accelerator}`, ...debugExit, '-bios', rom];
  const ended = await run(qemu, args, { signal, timeout: milliseconds }).catch(() => undefined);
  signal?.throwIfAborted();
  return ended?.exitCode === 2 * done + 1 ? performance.now() - started : undefined;
}

/** Intel SDM volume 3, 10.1.4: the processor starts 16 bytes below the top of the ROM, in real mode. */
function countingRom(count: number): Buffer {
  const rom = Buffer.alloc(romSize, 0xf4 /* hlt */);
  const immediate = Buffer.alloc(4);
  immediate.writeUInt32LE(count);
  Buffer.concat([
    ...[Buffer.of(0x66, 0xb9), immediate], // mov ecx, count
    Buffer.of(0x66, 0x49), // dec ecx
    Buffer.of(0x75, 0xfc), // jnz to the line before
    Buffer.of(0xb0, done), // mov al, done
    Buffer.of(0xe6, 0xf4), // out 0xf4, al
    Buffer.of(0xf4), // hlt
  ]).copy(rom);
  // jmp 0xf000:0
  Buffer.of(0xea, 0x00, 0x00, 0x00, 0xf0).copy(rom, romSize - 16);
  return rom;
}
