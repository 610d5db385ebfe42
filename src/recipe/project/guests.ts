import { join } from 'node:path';
import { commandLine, InvalidError, type Place } from '../../base/index.ts';
import type { Guest } from '../../guest/index.ts';
import { collectFaults } from '../../yaml/faults.ts';
import { everyGuest, isUpdateOf, joinFacts, readGuest, type GuestFile } from '../../guest/guest-file.ts';
import { suggestOrList } from '../../yaml/suggest.ts';
import { loadFile, namesIn, soundValue, type LoadedFile, type Project } from './project.ts';

const folder = 'recipes/guests';

/** All releases, the oldest first. @throws InvalidError with every fault of a file */
export function loadGuests(project: Project): Guest[] {
  const names = namesIn(project, folder).filter((name) => name !== everyGuest);
  return names
    .map((name) => loadGuest(project, name))
    .sort((a, b) => Number(a.version.split('.')[1]) - Number(b.version.split('.')[1]));
}

/** A place in a file, and the file's text. */
export interface Written {
  readonly place: Place;
  readonly text: string;
}

/** A guest and the update it is taken to be. */
export interface FoundGuest {
  readonly guest: Guest;
  readonly update: string;
  /** Was the update said, or is it the release's last one? */
  readonly assumed: boolean;
}

/**
 * The release that a user names: "lion", "10.7", or with its update "10.7.4" or "lion@10.7.4".
 * @param written where the user names it; on the command line where nothing is said
 * @throws InvalidError when none exists, or with the faults of its file
 */
export function findGuest(project: Project, text: string, written?: Written): FoundGuest {
  const [name = '', update] = text.split('@');
  const guests = loadGuests(project);
  const found =
    guests.find(({ guest }) => guest === name) ??
    guests.find(({ version }) => update === undefined && isUpdateOf(name, version));
  if (found === undefined) return unknownGuest(text, guests, written);
  const said = update ?? (name === found.guest || name === found.version ? undefined : name);
  if (said !== undefined && !isUpdateOf(said, found.version)) return unknownGuest(text, guests, written);
  return { guest: found, update: said ?? found.lastUpdate, assumed: said === undefined };
}

function loadGuest(project: Project, name: string): Guest {
  const every = soundValue(project, guestFile(project, everyGuest) ?? missing(everyGuest));
  return joinFacts(every, soundValue(project, guestFile(project, name) ?? missing(name)));
}

function guestFile(project: Project, name: string): LoadedFile<GuestFile> | undefined {
  return loadFile(project, folder, name, readGuest);
}

function missing(name: string): never {
  throw new Error(`the package lacks ${join(folder, name)}.yaml`);
}

function unknownGuest(text: string, guests: readonly Guest[], written?: Written): never {
  const faults = collectFaults();
  const place = written?.place ?? { file: commandLine, span: { start: 0, end: text.length } };
  const names = guests.map(({ guest }) => guest);
  faults.report('unknown-guest', place, `There is no guest "${text}".`, () =>
    suggestOrList(text, names, 'guests'),
  );
  throw new InvalidError(faults.sorted(), new Map([[place.file, written?.text ?? text]]));
}
