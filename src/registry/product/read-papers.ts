import { isRecord } from '../../base/index.ts';
import { paperFiles } from '../../recipe/index.ts';
import { jsonOf } from '../remote/manifests.ts';
import type { Remote } from '../remote/remote.ts';
import { readSmall, type FoundProduct } from './find-product.ts';
import { notes } from './media-types.ts';

/** What a product's papers say of how it was made, in words to compare. */
export interface PaperFacts {
  /** Parameters of the pipeline and its steps, "STEP.NAME" where they are a step's. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Packages by name: their versions. */
  readonly packages: ReadonlyMap<string, string>;
  /** What else came from outside, by its address: its digest. */
  readonly sources: ReadonlyMap<string, string>;
  readonly milestones: readonly string[];
}

/** A statement's predicate has some MB when it names every package of several buildroots. */
const largestPaper = 64 << 20;

/** Reads the provenance and the test result that a product in a registry has. */
export async function readPapers(remote: Remote, { manifest }: FoundProduct): Promise<PaperFacts> {
  const paper = async (title: string): Promise<Readonly<Record<string, unknown>>> => {
    const layer = manifest.layers.find(({ annotations }) => annotations?.[notes.title] === title);
    if (layer === undefined) return {};
    const { predicate } = jsonOf(await readSmall(remote, layer, largestPaper)) ?? {};
    return isRecord(predicate) ? predicate : {};
  };
  const { buildDefinition } = await paper(paperFiles.provenance);
  const { passedTests } = await paper(paperFiles['test-result']);
  const { externalParameters, resolvedDependencies } = isRecord(buildDefinition) ? buildDefinition : {};
  const tests: unknown[] = Array.isArray(passedTests) ? passedTests : [];
  return {
    parameters: parametersOf(isRecord(externalParameters) ? externalParameters : {}),
    ...dependenciesOf(Array.isArray(resolvedDependencies) ? resolvedDependencies : []),
    milestones: tests.filter((each) => typeof each === 'string'),
  };
}

function parametersOf({ parameters, steps }: Readonly<Record<string, unknown>>): Map<string, string> {
  const found = new Map<string, string>();
  const add = (prefix: string, values: unknown): void => {
    if (!isRecord(values)) return;
    for (const [name, value] of Object.entries(values)) found.set(`${prefix}${name}`, wordOf(value));
  };
  add('', parameters);
  for (const [step, settings] of Object.entries(isRecord(steps) ? steps : {}))
    add(`${step}.`, isRecord(settings) ? settings['parameters'] : undefined);
  return found;
}

/** A package URL (pkg:deb/debian/NAME@VERSION?…) has a name and a version; of all else the digest tells. */
function dependenciesOf(list: readonly unknown[]): Pick<PaperFacts, 'packages' | 'sources'> {
  const [packages, sources] = [new Map<string, string>(), new Map<string, string>()];
  for (const each of list) {
    const { uri, digest, name } = isRecord(each) ? each : {};
    if (typeof uri !== 'string') continue;
    const [, kind = '', path = '', version = ''] = /^pkg:([a-z]+)\/([^@?]+)@([^?]+)/.exec(uri) ?? [];
    if (kind !== '') {
      const own = `${kind === 'deb' ? '' : `${kind}:`}${decoded(path.slice(path.lastIndexOf('/') + 1))}`;
      const others = packages.get(own);
      const versions = new Set([...(others === undefined ? [] : others.split(', ')), decoded(version)]);
      packages.set(own, [...versions].sort().join(', '));
    } else {
      const digests = isRecord(digest) ? Object.values(digest).filter((one) => typeof one === 'string') : [];
      sources.set(typeof name === 'string' ? `${uri} ${name}` : uri, digests.join(' ').slice(0, 16));
    }
  }
  return { packages, sources };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
