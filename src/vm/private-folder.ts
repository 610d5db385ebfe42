import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder that is this user's alone where the system has made one, else the one for temporary files. */
export async function runtimeFolder(): Promise<string> {
  const own = process.env['XDG_RUNTIME_DIR'];
  if (own === undefined || own === '') return tmpdir();
  const found = await stat(own).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() ? own : tmpdir();
}

/** Lends a folder that nobody else can enter (mode 0700), and removes it with what is in it. */
export async function withPrivateFolder<T>(name: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(await runtimeFolder(), `cidermill-${name}-`));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
