import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { Failure } from '../../base/index.ts';
import { writeText } from '../reporters/write-text.ts';
import type { BootFlags } from './boot-wiring.ts';
import { isFirmware, pathInFile, type Given } from './given.ts';

/** Options of one start, not of the machine: they are not saved. */
const ofOneStart = {
  install: '--install',
  firstBoot: '--first-boot',
  snapshot: '--snapshot',
  waitFor: '--wait-for',
  timeout: '--timeout',
  dryRun: '--dry-run',
  export: '--export',
  iHaveTheRight: '--i-have-the-right',
  plainHttp: '--plain-http',
} as const satisfies Partial<Record<keyof BootFlags, string>>;

/**
 * Writes a guest's own file with what was given, for `boot FILE`.
 * @returns the options that are not in it
 * @throws Failure 'exists', 'cannot-write'
 */
export async function saveMac(file: string, given: Given): Promise<string[]> {
  if (!/\.ya?ml$/.test(file))
    throw new Failure('usage', `${file} is not the name of a YAML file`, { hint: 'Give it as NAME.yaml.' });
  if (existsSync(file))
    throw new Failure('exists', `${file} exists already`, { hint: 'Give another name, or move it away.' });
  const text = `# Start it: cidermill boot ${file}   (docs/booting.md of cidermill)\n${stringify(macOf(given, dirname(resolve(file))), { lineWidth: 0 })}`;
  await writeText(file, text);
  return Object.entries(ofOneStart).flatMap(([key, option]) =>
    given.said[key as keyof BootFlags] === undefined ? [] : [option],
  );
}

/** What is said, as the keys of the file. */
function macOf({ said, guest, product, own }: Given, folder: string): object {
  const path = (at: string | undefined): string | undefined =>
    at === undefined ? undefined : pathInFile(at, folder);
  const { osk, qemu, memory, despite, net, sshPort } = said;
  const entries = {
    guest: guest.name,
    product: path(product),
    trust: path(said.trust),
    disk: longWhere(path(said.disk), 'file', { format: said.diskFormat, backing: path(said.backing) }),
    disc: path(said.iso),
    loader: path(said.loader),
    qemu: qemu?.includes('/') === true ? path(qemu) : qemu,
    firmware: isFirmware(said.firmware) ? said.firmware : path(said.firmware),
    esp: path(said.esp),
    opencore: said.opencore,
    machine: said.machine,
    cpus: said.smp,
    memory: memory === undefined ? undefined : memory % 1024 === 0 ? `${memory / 1024}G` : `${memory}M`,
    network: longWhere(net, 'card', { 'ssh-port': sshPort }),
    accelerator: said.accel,
    kvm: said.kvm,
    display: said.display,
    share: longWhere(path(said.share), 'folder', { writable: said.shareWritable }),
    osk: osk?.startsWith('file:') === true ? `file:${path(osk.slice(5))}` : osk,
    despite: despite === undefined || despite.length === 0 ? undefined : despite,
    'loader-flags': said.loaderFlags,
    pick: said.pick,
    options: own.length === 0 ? undefined : own,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/** A value as it is, or, where there is more to say of it, as a mapping. */
function longWhere(
  value: string | undefined,
  name: string,
  more: Readonly<Record<string, string | number | boolean | undefined>>,
): unknown {
  const said = Object.fromEntries(Object.entries(more).filter(([, each]) => each !== undefined));
  if (Object.keys(said).length === 0) return value;
  return value === undefined ? said : { [name]: value, ...said };
}
