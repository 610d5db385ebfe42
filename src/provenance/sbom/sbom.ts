import { basename } from 'node:path';
import type * as CycloneDx from '@cyclonedx/cyclonedx-library';
import type { Material, Sha256 } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { packageLicences, sourceLicences } from './licences.ts';
import { packageFacts, type PackageFacts } from './package-facts.ts';
import { productFiles, type ProductFile } from './product-files.ts';
import type { Subject } from '../statement.ts';

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
 * A bill of materials as CycloneDX 1.6 JSON: the product's files with those in its archives, the sources it was built from,
 * and the packages of the root filesystems it was built in. A package of which a file lies in the product is required and
 * has those files; the others were there while it was built and are excluded from what runs. The same product gives the
 * same bytes: no time, no serial number.
 */
export async function makeSbom(store: Store, parts: SbomParts): Promise<string> {
  const library = await import('@cyclonedx/cyclonedx-library');
  const { Enums, Models, Serialize, Spec } = library;
  const bom = new Models.Bom();
  const product = new Models.Component(Enums.ComponentType.Application, parts.name, {
    bomRef: `product:${parts.name}`,
    hashes: hashOf(library, parts.digest),
  });
  bom.metadata.component = product;
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'cidermill', { version: parts.version }),
  );
  const files = await productFiles(store, parts.files);
  for (const file of files) {
    const component = fileComponent(library, 'file:', file);
    bom.components.add(component);
    product.dependencies.add(component.bomRef);
  }
  const packages: Found[] = [];
  const others = new Map<string, Sha256>();
  for (const each of parts.materials) {
    const { name, isPackage } = nameOf(each);
    const digest = each.digest['sha256'];
    if (isPackage && digest !== undefined) others.set(name, digest as Sha256);
  }
  for (const material of new Map(parts.materials.map((each) => [refOf(each), each])).values()) {
    const named = nameOf(material);
    const sha256 = material.digest['sha256'] as Sha256 | undefined;
    const facts = named.isPackage && sha256 !== undefined ? await packageFacts(store, sha256) : undefined;
    const held = facts === undefined ? [] : heldFiles(files, facts);
    const isRequired = !named.isPackage || held.length > 0;
    const component = new Models.Component(
      named.isPackage ? Enums.ComponentType.Library : Enums.ComponentType.Application,
      named.name,
      {
        bomRef: refOf(material),
        ...(named.version === undefined ? {} : { version: named.version }),
        ...(material.uri.startsWith('pkg:') ? { purl: material.uri } : {}),
        ...(sha256 === undefined ? {} : { hashes: hashOf(library, sha256) }),
        // Nobody can say here whether a package that is not in the store lies in the product: it is not to be skipped.
        ...(named.isPackage && facts === undefined
          ? {}
          : { scope: isRequired ? Enums.ComponentScope.Required : Enums.ComponentScope.Excluded }),
      },
    );
    for (const file of held)
      component.components.add(fileComponent(library, `${refOf(material)}#file:`, file));
    if (sha256 !== undefined) {
      const said = named.isPackage
        ? await packageLicences(store, sha256, named.name, others)
        : await sourceLicences(store, sha256, material.name ?? material.uri);
      // Two of Debian's names may be one of SPDX's.
      for (const licence of new Set(said.map((each) => spdx.get(each) ?? each)))
        component.licenses.add(licenceOf(licence, library));
    }
    bom.components.add(component);
    if (isRequired) product.dependencies.add(component.bomRef);
    if (named.isPackage)
      packages.push({ name: named.name, distro: named.distro, component, depends: facts?.depends ?? [] });
  }
  for (const { component, distro, depends } of packages)
    for (const other of packages)
      if (other.distro === distro && other.component !== component && depends.includes(other.name))
        component.dependencies.add(other.component.bomRef);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

type Library = typeof CycloneDx;
type Component = InstanceType<Library['Models']['Component']>;

/** A package in the bill, and what it depends on. */
interface Found {
  readonly name: string;
  readonly distro: string;
  readonly component: Component;
  readonly depends: readonly string[];
}

function hashOf(
  { Enums, Models }: Library,
  sha256: string,
): InstanceType<Library['Models']['HashDictionary']> {
  return new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]);
}

function fileComponent(library: Library, prefix: string, { name, sha256, inside }: ProductFile): Component {
  const { Enums, Models } = library;
  const component = new Models.Component(Enums.ComponentType.File, name, {
    bomRef: `${prefix}${name}`,
    hashes: hashOf(library, sha256),
  });
  for (const each of inside) component.components.add(fileComponent(library, `${prefix}${name}!/`, each));
  return component;
}

/** The files of a product, and in its archives, that are a package's: the same bytes under the same last name. */
function heldFiles(files: readonly ProductFile[], facts: PackageFacts): ProductFile[] {
  const isHeld = ({ name, md5 }: ProductFile): boolean => {
    const path = facts.files.get(md5);
    return path !== undefined && sameLibrary(basename(path), basename(name));
  };
  const all = files.flatMap((file) => [
    file,
    ...file.inside.map((each) => ({ ...each, name: `${file.name}!/${each.name}` })),
  ]);
  return all.filter(isHeld).map((file) => ({ ...file, inside: [] }));
}

/** A library is copied under the name it is loaded by: libz.so.1 for libz.so.1.2.13. */
function sameLibrary(packaged: string, found: string): boolean {
  return packaged === found || (found.includes('.so') && packaged.startsWith(`${found}.`));
}

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
  ['Expat', 'MIT'],
  ['ISC', 'ISC'],
  ['MPL-2.0', 'MPL-2.0'],
  ['Zlib', 'Zlib'],
  ['zlib', 'Zlib'],
]);

function licenceOf(
  /** Of SPDX, or a word of Debian's that SPDX has not. */
  name: string,
  { Models, SPDX }: Library,
): InstanceType<Library['Models']['SpdxLicense'] | Library['Models']['NamedLicense']> {
  return SPDX.isSupportedSpdxId(name) ? new Models.SpdxLicense(name) : new Models.NamedLicense(name);
}

function refOf({ uri, name }: Material): string {
  return name === undefined ? uri : `${uri}#${name}`;
}

interface Named {
  readonly name: string;
  readonly version: string | undefined;
  readonly isPackage: boolean;
  /** The suite of a package's purl. */
  readonly distro: string;
}

function nameOf({ uri }: Material): Named {
  const match = /^pkg:deb\/debian\/([^@]+)@([^?]+)\?arch=(\w+)(?:&distro=(.*))?/.exec(uri);
  if (match === null) return { name: uri, version: undefined, isPackage: false, distro: '' };
  const [name = '', version = ''] = match.slice(1, 3).map(decodeURIComponent);
  return { name, version, isPackage: match[3] !== 'source', distro: match[4] ?? '' };
}
