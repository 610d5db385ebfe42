import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { connectNbd, type RemoteDisk } from './nbd.ts';
import { QemuProcess } from '../process/qemu-process.ts';
import { QmpSession } from '../process/qmp.ts';

const patience = 30_000;

/** A disk image to be served. Its file is absolute. */
export interface ServedImage {
  readonly file: string;
  readonly format: string;
  readonly writable: boolean;
  /** Is the image on top of another file that may be opened with it? Else no other is, whatever its header says. */
  readonly onTop?: boolean;
}

/**
 * Lets a QEMU without a machine open a disk image of whatever format, and gives the disk in it. No root, no kernel module.
 * The image is closed when this returns.
 * @param qemu qemu-system-x86_64, 5.2 or newer
 * @throws Failure 'disk-refused' with what QEMU says of the image, and what `use` throws
 */
export async function withServedDisk<T>(
  qemu: string,
  image: ServedImage,
  use: (disk: RemoteDisk) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cidermill-disk-'));
  const [control, data] = [join(folder, 'qmp'), join(folder, 'nbd')];
  const machine = ['-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none', '-S'];
  const process = new QemuProcess(
    spawn,
    qemu,
    [
      ...machine,
      '-chardev',
      `socket,id=qmp,path=${control},server=on,wait=off`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
    folder,
  );
  try {
    const qmp = await QmpSession.open(control, { signal: AbortSignal.timeout(patience) });
    try {
      await serve(qmp, image, data);
      const disk = await connectNbd(data, 'disk');
      try {
        const result = await use(disk);
        if (image.writable) await disk.flush();
        return result;
      } finally {
        await disk.close();
        await qmp.execute('quit', {}).catch(() => undefined);
        await process.end;
      }
    } finally {
      qmp.close();
    }
  } finally {
    await process.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function serve(
  qmp: QmpSession,
  { file, format, writable, onTop = false }: ServedImage,
  socket: string,
): Promise<void> {
  const node = {
    'node-name': 'disk',
    driver: format,
    'read-only': !writable,
    file: { driver: 'file', filename: file },
    ...(format === 'qcow2' && !onTop && { backing: null }),
  };
  try {
    await qmp.execute('blockdev-add', node);
    await qmp.execute('nbd-server-start', { addr: { type: 'unix', data: { path: socket } } });
    await qmp.execute('block-export-add', {
      type: 'nbd',
      id: 'disk',
      'node-name': 'disk',
      name: 'disk',
      writable,
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'qmp-command') throw error;
    throw new Failure(
      'disk-refused',
      `QEMU does not open ${file}: ${error.message.replace(/^QEMU refused [\w-]+: /, '')}`,
      {
        hint: 'A guest that runs from it holds a lock on it; shut it down first.',
      },
    );
  }
}
