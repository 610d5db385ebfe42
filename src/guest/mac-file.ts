import type { Report } from '../yaml/faults.ts';
import type { Located } from '../yaml/located.ts';
import type { YamlNode } from '../yaml/node.ts';
import { object, optional, required } from '../yaml/object-shape.ts';
import { flag, list, locate, positive, text, word, type JsonSchema, type Shape } from '../yaml/shape.ts';
import { parseSize } from '../yaml/size.ts';
import { accelerators, displays, kvms, machines, mostCpus, mostPort, nets } from './model.ts';

/** Bytes of a size that a guest's memory can have, in whole MiB. */
const memory: Shape<Located<number>> = {
  schema: { type: 'string', pattern: '^[0-9.]+[MGmg]$' },
  read(node, report) {
    const size = text({}, (written) => {
      const bytes = parseSize(written);
      return bytes === undefined || bytes < 2 ** 20 ? 'is not a size from 1M, such as 2G' : undefined;
    }).read(node, report);
    return size && locate(Math.floor((parseSize(size.value) ?? 0) / 2 ** 20), size);
  },
};

function upTo(most: number): Shape<Located<number>> {
  const shape = positive();
  return {
    schema: { ...shape.schema, maximum: most },
    read(node, report) {
      const number = shape.read(node, report);
      if (number === undefined || number.value <= most) return number;
      report('bad-value', number, `The number must be at most ${most}.`);
      return undefined;
    },
  };
}

/** A reference to a key. What stands there instead may be the key: no message repeats it. */
const reference: Shape<Located<string>> = {
  schema: { type: 'string', pattern: '^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|smc)$' },
  read(node, report) {
    const { value } = node.kind === 'scalar' ? node : { value: undefined };
    if (typeof value === 'string' && /^(?:env:[A-Za-z_]\w*|file:[^\0]+|smc)$/.test(value))
      return locate(value, node.place);
    if (node.kind !== 'broken')
      report(
        'bad-osk-reference',
        node.place,
        'This is not a reference to a key.',
        'Write env:NAME, file:PATH or smc. The key itself does not belong into a file that others read.',
      );
    return undefined;
  },
};

/** A value that is written short, as text, or long, as a mapping. */
function shortOrLong<Long>(
  short: Shape<Located<string>>,
  long: Shape<Long>,
): Shape<{ readonly short?: Located<string>; readonly long?: Long }> {
  return {
    schema: { anyOf: [short.schema, long.schema] },
    read(node, report) {
      if (node.kind === 'map') {
        const read = long.read(node, report);
        return read === undefined ? undefined : { long: read };
      }
      const read = short.read(node, report);
      return read === undefined ? undefined : { short: read };
    },
  };
}

const disk = object("a guest's disk", {
  file: required(text(), 'The image, qcow2 or raw'),
  format: optional(word(['qcow2', 'raw']), 'Without it a qcow2 image is known by its header'),
  backing: optional(text(), 'With format: the folder of its backing files'),
});

const network = object("a guest's network", {
  card: optional(word(nets), 'The network card'),
  'ssh-port': optional(
    upTo(mostPort),
    'A port of this host alone (127.0.0.1) that leads to port 22 of the guest',
  ),
});

const share = object('a shared folder', {
  folder: required(text(), 'The guest sees it as a FAT disk'),
  writable: optional(flag(), "The guest may write into it, by QEMU's vvfat, which can lose data"),
});

const shape = object("a guest's file", {
  guest: required(text(), 'The release: lion, "10.7", or with its update "10.7.4"'),
  product: optional(
    text(),
    'A folder that a run has published, whose QEMU, disk, disc and loader are used; or oci://HOST/REPOSITORY:TAG',
  ),
  trust: optional(
    text(),
    'Of a product in a registry: the file of allowed signers, one of whom must have signed it',
  ),
  disk: optional(shortOrLong(text(), disk), 'Its disk'),
  disc: optional(text(), 'The installer, a raw image of its whole disk'),
  loader: optional(text(), "The loader, Chameleon's boot"),
  qemu: optional(text(), 'qemu-system-x86_64, or the folder it is installed in'),
  firmware: optional(text(), "seabios, ovmf, or the file of a SeaBIOS other than QEMU's own"),
  esp: optional(text(), 'With ovmf: a raw disk with an EFI system partition'),
  opencore: optional(flag(), 'With ovmf: your OpenCore is on it'),
  machine: optional(word(machines), "QEMU's machine"),
  cpus: optional(upTo(mostCpus), 'How many CPUs it has'),
  memory: optional(memory, 'Its memory: 4G'),
  network: optional(shortOrLong(word(nets), network), 'Its network card, and what leads to it'),
  accelerator: optional(
    word([...accelerators, 'auto']),
    'How QEMU runs it; auto looks at the CPU and times a small guest',
  ),
  kvm: optional(word(kvms), "KVM's modules: the kernel's own, or built from newer source"),
  display: optional(
    word(displays),
    'A window, VNC for you alone, VNC on a port for all users of this host, or nothing',
  ),
  share: optional(shortOrLong(text(), share), 'A folder that it sees'),
  osk: optional(reference, 'Where your key is, never the key: env:NAME, file:PATH or smc'),
  despite: optional(list(text()), 'Facts that refuse this machine and are ignored'),
  'loader-flags': optional(text(), "Kernel flags, typed at the loader's prompt"),
  pick: optional(text(), 'The volume to start from, by a part of its name'),
  options: optional(list(text()), "QEMU's own options"),
});

export const macSchema: JsonSchema = shape.schema;

/** What a guest's own file says, each value with its place. Paths are as they are written. */
export interface Mac extends Partial<Flat> {
  readonly guest: Located<string>;
}

/** The values of a file, without what is written short or long. */
interface Flat {
  readonly product: Located<string>;
  readonly trust: Located<string>;
  readonly disk: Located<string>;
  readonly diskFormat: Located<'qcow2' | 'raw'>;
  readonly backing: Located<string>;
  readonly iso: Located<string>;
  readonly loader: Located<string>;
  readonly qemu: Located<string>;
  readonly firmware: Located<string>;
  readonly esp: Located<string>;
  readonly opencore: Located<boolean>;
  readonly machine: Located<(typeof machines)[number]>;
  readonly smp: Located<number>;
  /** In MiB. */
  readonly memory: Located<number>;
  readonly net: Located<(typeof nets)[number]>;
  readonly sshPort: Located<number>;
  readonly accel: Located<(typeof accelerators)[number] | 'auto'>;
  readonly kvm: Located<(typeof kvms)[number]>;
  readonly display: Located<(typeof displays)[number]>;
  readonly share: Located<string>;
  readonly shareWritable: Located<boolean>;
  readonly osk: Located<string>;
  readonly despite: Located<readonly string[]>;
  readonly loaderFlags: Located<string>;
  readonly pick: Located<string>;
  readonly options: Located<readonly string[]>;
}

/** Reads it as far as it can be read; what is wrong is reported. */
export function readMac(node: YamlNode, report: Report): Mac | undefined {
  const fields = shape.read(node, report)?.fields;
  if (fields?.guest === undefined) return undefined;
  const { disk: image, network: net, share: folder, disc, cpus, accelerator, ...same } = fields;
  const values = {
    ...same,
    loaderFlags: fields['loader-flags'],
    disk: image?.short ?? image?.long?.fields.file,
    diskFormat: image?.long?.fields.format,
    backing: image?.long?.fields.backing,
    iso: disc,
    smp: cpus,
    net: net?.short ?? net?.long?.fields.card,
    sshPort: net?.long?.fields['ssh-port'],
    accel: accelerator,
    share: folder?.short ?? folder?.long?.fields.folder,
    shareWritable: folder?.long?.fields.writable,
  };
  const said = Object.entries(values).filter(([key, value]) => value !== undefined && key !== 'loader-flags');
  return Object.fromEntries(said) as unknown as Mac;
}
