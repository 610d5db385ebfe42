import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, sha256 } from '../base/index.ts';
import type { RunEvent } from '../engine/index.ts';

type Published = Extract<RunEvent, { readonly type: 'product-published' }>;

/** What a report shows of a product beside the list of its entries. */
export interface ProductParts {
  readonly event: Published;
  readonly pictures: readonly Picture[];
  /** milestones.txt, where it has one. */
  readonly milestones: string | undefined;
  readonly components: readonly Component[];
  /** The files that are other than the run published them, or gone: they are not shown. */
  readonly altered: readonly string[];
}

export interface Picture {
  readonly path: string;
  /** The PNG as a data URI. */
  readonly data: string;
}

/** A component of the bill of materials. */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** Larger pictures are left out, and more than these: a report is one file. In bytes. */
const largestFile = 2 ** 20;
const mostPictures = 8;

/** Reads what a run has published, as far as it is still there with the digests that the run told. */
export function productParts(event: Published): ProductParts {
  const altered: string[] = [];
  const read = (path: string): Buffer | undefined => {
    const file = event.files.find((each) => each.path === path);
    if (file?.digest === undefined || file.size > largestFile) return undefined;
    const bytes = readWhole(join(event.path, path), file.size);
    if (bytes !== undefined && sha256(bytes) === file.digest) return bytes;
    altered.push(path);
    return undefined;
  };
  const pictures = event.files
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.png'))
    .slice(0, mostPictures)
    .flatMap((path): Picture[] => {
      const bytes = read(path);
      return bytes === undefined ? [] : [{ path, data: `data:image/png;base64,${bytes.toString('base64')}` }];
    });
  return {
    event,
    pictures,
    milestones: read('milestones.txt')?.toString('utf8'),
    components: componentsOf(read('sbom.cdx.json')?.toString('utf8')),
    altered,
  };
}

function readWhole(path: string, size: number): Buffer | undefined {
  try {
    return statSync(path).size === size ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The components of a CycloneDX document that are libraries or programs, not files. */
function componentsOf(text: string | undefined): Component[] {
  if (text === undefined) return [];
  const document: unknown = JSON.parse(text);
  const components =
    isRecord(document) && Array.isArray(document['components']) ? document['components'] : [];
  return components.flatMap((component: unknown): Component[] => {
    if (!isRecord(component) || component['type'] === 'file') return [];
    const { name, version, licenses } = component;
    return [{ name: word(name), version: word(version), licence: licencesOf(licenses) }];
  });
}

function licencesOf(licences: unknown): string {
  if (!Array.isArray(licences)) return '';
  const names = licences.flatMap((each: unknown) => {
    if (!isRecord(each)) return [];
    const licence = isRecord(each['license']) ? each['license'] : {};
    return [word(each['expression'] ?? licence['id'] ?? licence['name'])];
  });
  return names.join(', ');
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '');
