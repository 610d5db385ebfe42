import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startProgram, type Stdio } from '../../host/programs/start-program.ts';
import { hashFile } from '../../store/index.ts';
import { boot, milestoneLog, smcConfiguration, smokeArguments } from '../../vm/index.ts';
import { loaderSteps } from '../boot/loader-steps.ts';

/** The boot that a disk must pass before it is sealed. Paths are absolute. */
export interface GateRequest {
  readonly qemu: string;
  readonly loader: string;
  /** The product's folder, with its firmware. */
  readonly folder: string;
  readonly disk: string;
  readonly disc: string | undefined;
  /** The name of the volume to pick in the loader's menu. */
  readonly volume: string;
  readonly flags: string;
  /** What must be seen after that: "screen:TEXT", "console:TEXT" or "serial:TEXT". */
  readonly waitFor: string | undefined;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** A test string: a loader needs no key, and none of a user's is in a sealed product. */
const noKey = `cidermill${' no key'.repeat(9)}`.slice(0, 63).padEnd(64, '!');

/**
 * Boots the loader, which must list the volume, take it and its flags, and start it.
 * @returns the milestones' log, and their names
 * @throws BootFailure that names the milestone which did not come
 */
export async function sealGate(
  request: GateRequest,
): Promise<{ readonly log: string; readonly milestones: readonly string[] }> {
  const { qemu, loader, folder, volume, flags, waitFor, seconds, signal } = request;
  const work = await mkdtemp(join(tmpdir(), 'cidermill-seal-'));
  try {
    await writeFile(join(work, 'smc.cfg'), smcConfiguration(noKey), { mode: 0o600 });
    const disc = request.disc ?? join(work, 'empty.img');
    if (request.disc === undefined) {
      await writeFile(disc, '');
      await truncate(disc, 1 << 20);
    }
    const firmware = readdirSync(folder).find((name) => /^bios.*\.bin$/.test(name));
    const roms = join(dirname(dirname(qemu)), 'share', 'qemu');
    const drive = loaderSteps({ by: 'seabios', loader }, { pick: volume, loaderFlags: flags });
    const [, where = 'console', pattern = ''] = /^(screen|console|serial):(.*)$/s.exec(waitFor ?? '') ?? [];
    const last = { name: 'system', where: where as 'screen' | 'console' | 'serial', pattern };
    const { reached } = await boot({
      spawn: (command, args, options) =>
        startProgram(command, args, { ...options, stdio: options.stdio as Stdio[] }),
      command: qemu,
      args: smokeArguments({
        machine: 'q35',
        accelerator: 'tcg',
        cpu: 'core2duo',
        cpus: 2,
        memory: 1024,
        ...(existsSync(join(roms, 'multiboot_dma.bin')) && { roms }),
        ...(firmware !== undefined && { firmware: join(folder, firmware) }),
        kernel: loader,
        iso: disc,
        disk: request.disk,
        smc: join(work, 'smc.cfg'),
      }),
      folder: work,
      milestones: [...(drive?.steps ?? []), ...(pattern === '' ? [] : [last])],
      givesUp: drive?.givesUp ?? [],
      milliseconds: seconds * 1000,
      signal,
    });
    const ran = [
      { name: 'loader', digest: (await hashFile(loader)).digest },
      { name: 'disk', digest: (await hashFile(request.disk)).digest },
    ];
    return {
      log: milestoneLog(`boot of the loader into "${volume}"`, ran, reached, 'QEMU was ended'),
      milestones: reached.map(({ milestone }) => milestone),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
