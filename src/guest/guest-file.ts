import type { Report } from '../yaml/faults.ts';
import type { Located } from '../yaml/located.ts';
import { object, optional, required } from '../yaml/object-shape.ts';
import { checkName, type FileName } from '../yaml/file-name.ts';
import {
  flag,
  locate,
  name,
  named,
  text,
  word,
  type JsonSchema,
  type Named,
  type Shape,
} from '../yaml/shape.ts';
import type { YamlNode } from '../yaml/node.ts';
import {
  accelerators,
  cpuVendors,
  firmwares,
  kvms,
  machines,
  nets,
  stages,
  type Condition,
  type Effect,
  type Fact,
  type Guest,
  type Setting,
} from './model.ts';
import { inRange, parseRange, parseVersion, type Range } from './version.ts';

/** The file whose facts concern several releases. */
export const everyGuest = 'every';

const version = text({ pattern: '^\\d+\\.\\d+(\\.\\d+)?$' }, (written) =>
  /^\d+\.\d+(\.\d+)?$/.test(written) ? undefined : 'is not a version such as 10.7.5',
);

const rangeText = text({}, (written) =>
  parseRange(written) === undefined ? 'is not a range such as "< 10.7.5" or ">= 8.1, < 9.0"' : undefined,
);

const range: Shape<Located<Range>> = {
  schema: { ...rangeText.schema, description: 'Bounds joined by commas, such as ">= 8.1, < 9.0"' },
  read(node, report) {
    const read = rangeText.read(node, report);
    const parsed = read && parseRange(read.value);
    return parsed && locate(parsed, read);
  },
};

const condition = object('a condition', {
  release: optional(range, 'Of OS X; in every.yaml only'),
  update: optional(range, 'Of OS X, with the update: "< 10.7.5"'),
  stage: optional(word(stages), 'Installing, the first boot after it, or later ones'),
  machine: optional(word(machines), "QEMU's machine"),
  firmware: optional(word(firmwares), 'SeaBIOS and a loader, or UEFI firmware and boot.efi'),
  opencore: optional(flag(), "Is the user's OpenCore between the firmware and boot.efi?"),
  cpus: optional(range, 'How many CPUs the guest has'),
  memory: optional(range, 'In MiB'),
  net: optional(word(nets), 'The network card'),
  accel: optional(word(accelerators), 'How QEMU runs the guest'),
  kernel: optional(range, "The host's Linux"),
  kvm: optional(word(kvms), "KVM's modules: the kernel's own, or built from newer source"),
  'ignore-msrs': optional(flag(), 'Does KVM ignore unknown MSRs?'),
  cpu: optional(word(cpuVendors), "Vendor of the host's CPU"),
  qemu: optional(range, 'The version of QEMU'),
});

const page = text({ pattern: '^(https?://|docs/)' }, (written) =>
  (/^https?:\/\//.test(written) && URL.canParse(written)) || /^docs\/[\w/-]+\.md$/.test(written)
    ? undefined
    : 'is neither a URL nor a page of docs/',
);

const citation = object('a citation', {
  page: required(page, 'A URL, or a page of docs/'),
  section: required(text(), 'The part of the page that says so'),
});

const settingFields = object('settings', {
  'machine-options': optional(text(), 'Options of -machine'),
  cpu: optional(text(), 'The model of -cpu'),
  'cpu-options': optional(text(), 'Options of -cpu'),
  smbios: optional(text(), 'The value of -smbios'),
  'nic-address': optional(text(), 'The PCI address of the network card'),
  'disk-device': optional(text(), 'The device that QEMU shows a disk as'),
} satisfies Record<Setting, unknown>);

const fact = object('a fact', {
  says: required(text(), 'What somebody found out, as one sentence without its full stop'),
  when: optional(condition, 'The machines and hosts it concerns; all that is named must hold'),
  refuse: optional(text(), 'It does not work; what to do instead'),
  set: optional(settingFields, 'Parts of the machine'),
  'kernel-flag': optional(text(), "For the loader's prompt or its plist"),
  note: optional(text(), 'What else the user should know or do'),
  source: required(citation, 'Where it is written'),
});

const common = {
  guest: required(name(), "The release's name, which is also its file's"),
  summary: required(text(), 'What is special about it, in one line'),
  facts: required(named(fact), 'Name → what is known'),
};

const releaseShape = object('a guest', {
  ...common,
  name: required(text(), 'As Apple calls it'),
  version: required(version, 'As "10.7"'),
  'last-update': required(version, 'The update that is assumed when the user names none'),
  tested: required(flag(), 'Was it seen to run?'),
});

const everyShape = object('the facts of every guest', common);

export const guestSchema: JsonSchema = {
  anyOf: [everyShape.schema, releaseShape.schema],
};

/** A guest's file as it was read, with the places of its facts. */
export interface GuestFile extends Omit<Guest, 'facts'> {
  readonly facts: readonly LocatedFact[];
}

export interface LocatedFact extends Fact {
  readonly release: Range | undefined;
}

export function readGuest(node: YamlNode, of: FileName, report: Report): GuestFile | undefined {
  const every = of.name === everyGuest;
  const read = (every ? everyShape : releaseShape).read(node, report) as
    ReturnType<typeof releaseShape.read> | undefined;
  if (read === undefined) return undefined;
  const { fields } = read;
  checkName(fields.guest, of.name, report);
  const update = fields['last-update'];
  if (update !== undefined && fields.version !== undefined && !isUpdateOf(update.value, fields.version.value))
    report('bad-value', update, `"${update.value}" is not an update of ${fields.version.value}.`);
  return {
    guest: of.name,
    summary: fields.summary?.value ?? '',
    name: fields.name?.value ?? '',
    version: fields.version?.value ?? '',
    lastUpdate: update?.value ?? '',
    tested: fields.tested?.value ?? false,
    facts: [...(fields.facts ?? [])].flatMap(([id, each]) => factOf(id, each, every, report)),
  };
}

export function isUpdateOf(update: string, release: string): boolean {
  return update === release || (update.startsWith(`${release}.`) && /^\d+\.\d+\.\d{1,3}$/.test(update));
}

/** The facts of every.yaml that can concern a release, then the release's own. */
export function joinFacts(every: GuestFile, guest: GuestFile): Guest {
  const release = parseVersion(guest.version) ?? [];
  const shared = every.facts.filter((each) => each.release === undefined || inRange(release, each.release));
  const own = new Set(guest.facts.map(({ id }) => id));
  return { ...guest, facts: [...shared.filter(({ id }) => !own.has(id)), ...guest.facts] };
}

type ReadFact = NonNullable<ReturnType<typeof fact.read>>;

function factOf(id: string, each: Named<ReadFact>, every: boolean, report: Report): LocatedFact[] {
  const read = each.value;
  if (read === undefined) return [];
  const { says, when, source } = read.fields;
  if (!every && when?.fields.release !== undefined)
    report(
      'bad-value',
      when.fields.release,
      'A fact of one release needs no condition on the release.',
      'Leave it out, or move the fact to every.yaml.',
    );
  const effect = effectOf(read);
  if (!(['refuse', 'set', 'kernel-flag', 'note'] as const).some((key) => read.has(key)))
    report(
      'missing-key',
      each.key,
      'This fact has no effect.',
      'It needs one of refuse, set, kernel-flag, note.',
    );
  const [written, section] = [source?.fields.page, source?.fields.section];
  if (says === undefined || written === undefined || section === undefined) return [];
  return [
    {
      id,
      says: says.value,
      when: conditionOf(when),
      effect,
      source: { page: written.value, section: section.value },
      release: when?.fields.release?.value,
    },
  ];
}

function effectOf({ fields }: ReadFact): Effect {
  const { refuse, set, note } = fields;
  const flagText = fields['kernel-flag'];
  return {
    ...(refuse && { refuse: refuse.value }),
    ...(set && { set: valuesOf(set) }),
    ...(flagText && { kernelFlag: flagText.value }),
    ...(note && { note: note.value }),
  };
}

function valuesOf(set: NonNullable<ReturnType<typeof settingFields.read>>): NonNullable<Effect['set']> {
  return Object.fromEntries(Object.entries(set.fields).map(([key, located]) => [key, located.value]));
}

function conditionOf(when: ReadFact['fields']['when']): Condition {
  if (when === undefined) return {};
  const { 'ignore-msrs': ignoreMsrs, ...others } = when.fields;
  return {
    ...(Object.fromEntries(
      Object.entries(others).map(([key, located]) => [key, (located as Located<unknown>).value]),
    ) as Condition),
    ...(ignoreMsrs && { ignoreMsrs: ignoreMsrs.value }),
  };
}
