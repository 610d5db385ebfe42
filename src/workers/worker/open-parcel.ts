import { isRecord, type Sha256 } from '../../base/index.ts';
import { digestsOf, type Choice } from '../../engine/sources/choices.ts';
import { sourceShape } from '../../recipe/files/origin-shape.ts';
import { lockLocal, lookUpOrigin, parseLockfile, type Pinned } from '../../sources/index.ts';
import type { Origin } from '../../recipe/index.ts';
import type { Action } from '../../store/index.ts';
import { collectFaults } from '../../yaml/faults.ts';
import { parseYaml } from '../../yaml/parse.ts';
import { isBlob, isInner } from '../job/job.ts';
import { lockedName, type Parcel } from '../job/parcel.ts';

/** @returns what is wrong with it, as the end of a sentence */
export function readParcel(text: string): Parcel | string {
  let parcel: unknown;
  try {
    parcel = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  if (!isRecord(parcel)) return 'is not an object';
  const { project, scriptFiles, origins, lock } = parcel;
  if (project !== undefined && !isBlob(project)) return 'has no digest of the project';
  if (!Array.isArray(scriptFiles) || !scriptFiles.every((path) => typeof path === 'string' && isInner(path)))
    return 'has script files that are not paths in the project';
  if (!isRecord(origins) || typeof lock !== 'string') return 'has no sources';
  return parcel as unknown as Parcel;
}

/**
 * The sources of an action, as a parcel says where they are: only such as have the digests that the action names.
 * @param root absolute: of the project's files
 * @returns what is wrong, as the end of a sentence
 */
export function choiceOf({ origins, lock: text }: Parcel, action: Action, root: string): Choice | string {
  const { lock, diagnostics } = parseLockfile(text, 'the lockfile of a job');
  const [fault] = diagnostics;
  if (fault !== undefined) return `has a lockfile that cannot be read: ${fault.message}`;
  const choice = new Map<string, Pinned>();
  for (const name of Object.keys(action.sources)) {
    const origin = Object.hasOwn(origins, name) ? readOrigin(origins[name]) : undefined;
    if (origin === undefined || !isRemote(origin)) return `has no sound origin of the source ${name}`;
    const pinned =
      origin.kind === 'local' ? lockLocal(origin, root) : lookUpOrigin(lock, lockedName(name), origin);
    if (pinned === undefined) return `does not pin the source ${name}`;
    choice.set(name, pinned);
  }
  const found: Readonly<Record<string, Sha256>> = digestsOf(choice);
  const wrong = Object.entries(action.sources).find(([name, digest]) => found[name] !== digest);
  return wrong === undefined ? choice : `pins other bytes of the source ${wrong[0]} than the action names`;
}

function readOrigin(written: unknown): Origin | undefined {
  const faults = collectFaults();
  const node = parseYaml(JSON.stringify(written), 'a job', faults.report);
  const read = node && sourceShape.read(node, faults.report);
  return faults.count() === 0 && read?.length === 1 ? read[0]?.value : undefined;
}

/** A repository that is a path or a command would be read or run on the worker. */
function isRemote(origin: Origin): boolean {
  return origin.kind === 'git' || origin.kind === 'svn'
    ? /^(https?|git|svn):\/\//.test(origin.repository)
    : true;
}
