import type { Models as CycloneDx } from '@cyclonedx/cyclonedx-library';
import type { Material, Sha256 } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { packageLicences } from './licences.ts';
import type { Subject } from './statement.ts';

export interface SbomParts {
  readonly name: string;
  /** Of the product's files, as one. */
  readonly digest: Sha256;
  readonly files: readonly Subject[];
  readonly materials: readonly Material[];
  /** Of cidermill. */
  readonly version: string;
}

/**
 * A bill of materials as CycloneDX 1.6 JSON: the product's files, the sources it was built from, and the packages of the
 * root filesystems it was built in, which are marked as excluded from what runs: which of their libraries went into the
 * product is not known. The same product gives the same bytes: no time, no serial number.
 */
export async function makeSbom(store: Store, parts: SbomParts): Promise<string> {
  const { Enums, Models, Serialize, Spec } = await import('@cyclonedx/cyclonedx-library');
  const bom = new Models.Bom();
  bom.metadata.component = new Models.Component(Enums.ComponentType.Application, parts.name, {
    bomRef: `product:${parts.name}`,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], parts.digest]]),
  });
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'cidermill', { version: parts.version }),
  );
  for (const { name, digest } of parts.files) {
    bom.components.add(
      new Models.Component(Enums.ComponentType.File, name, {
        bomRef: `file:${name}`,
        hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], digest.sha256]]),
      }),
    );
  }
  for (const material of new Map(parts.materials.map((each) => [refOf(each), each])).values()) {
    const { name, version, isPackage } = nameOf(material);
    const sha256 = material.digest['sha256'];
    const component = new Models.Component(
      isPackage ? Enums.ComponentType.Library : Enums.ComponentType.Application,
      name,
      {
        bomRef: refOf(material),
        ...(version === undefined ? {} : { version }),
        ...(material.uri.startsWith('pkg:') ? { purl: material.uri } : {}),
        ...(sha256 === undefined
          ? {}
          : { hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]) }),
        scope: isPackage ? Enums.ComponentScope.Excluded : Enums.ComponentScope.Required,
      },
    );
    if (isPackage && sha256 !== undefined) {
      for (const licence of await packageLicences(store, sha256 as Sha256, name)) {
        component.licenses.add(licenceOf(licence, Models));
      }
    }
    bom.components.add(component);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

type Models = typeof CycloneDx;

/** Debian's short names are SPDX's where Debian's policy says so; the others stay names. */
const spdx: ReadonlyMap<string, string> = new Map([
  ['GPL-1', 'GPL-1.0-only'],
  ['GPL-1+', 'GPL-1.0-or-later'],
  ['GPL-2', 'GPL-2.0-only'],
  ['GPL-2+', 'GPL-2.0-or-later'],
  ['GPL-3', 'GPL-3.0-only'],
  ['GPL-3+', 'GPL-3.0-or-later'],
  ['LGPL-2', 'LGPL-2.0-only'],
  ['LGPL-2+', 'LGPL-2.0-or-later'],
  ['LGPL-2.1', 'LGPL-2.1-only'],
  ['LGPL-2.1+', 'LGPL-2.1-or-later'],
  ['LGPL-3', 'LGPL-3.0-only'],
  ['LGPL-3+', 'LGPL-3.0-or-later'],
  ['Apache-2.0', 'Apache-2.0'],
  ['Artistic', 'Artistic-1.0-Perl'],
  ['Artistic-2.0', 'Artistic-2.0'],
  ['BSD-2-clause', 'BSD-2-Clause'],
  ['BSD-3-clause', 'BSD-3-Clause'],
  ['CC0-1.0', 'CC0-1.0'],
  ['ISC', 'ISC'],
  ['MPL-2.0', 'MPL-2.0'],
  ['Zlib', 'Zlib'],
  ['zlib', 'Zlib'],
]);

function licenceOf(
  name: string,
  models: Models,
): InstanceType<Models['SpdxLicense'] | Models['NamedLicense']> {
  const id = spdx.get(name);
  return id === undefined ? new models.NamedLicense(name) : new models.SpdxLicense(id);
}

function refOf({ uri, name }: Material): string {
  return name === undefined ? uri : `${uri}#${name}`;
}

function nameOf({ uri }: Material): { name: string; version: string | undefined; isPackage: boolean } {
  const match = /^pkg:deb\/debian\/([^@]+)@([^?]+)\?arch=(\w+)/.exec(uri);
  if (match === null) return { name: uri, version: undefined, isPackage: false };
  const [name = '', version = ''] = match.slice(1).map(decodeURIComponent);
  return { name, version, isPackage: match[3] !== 'source' };
}
