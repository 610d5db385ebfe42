import type { Material } from '../base/index.ts';
import { fileName, type LockedBuildroot, type LockedFile, type Pinned } from './locked.ts';

/** What a source is to the provenance of what is made from it. */
export function materialsOf(locked: Pinned): readonly Material[] {
  switch (locked.kind) {
    case 'packages':
      return packageMaterials(locked);
    case 'debian': {
      const uri = packageUrl(locked.origin.package, locked.version ?? locked.origin.version, 'arch=source');
      return locked.files.map((file) => fileMaterial(uri, file));
    }
    case 'url':
      return [fileMaterial(withoutUser(locked.origin.url), locked.files[0])];
    case 'git': {
      const { commit, origin, tree } = locked;
      const uri = `git+${withoutUser(origin.repository)}@${commit}`;
      return [{ uri, digest: { gitCommit: commit, sha256: tree } }];
    }
    case 'svn': {
      const { origin, tree } = locked;
      return [{ uri: `svn+${withoutUser(origin.repository)}@${origin.revision}`, digest: { sha256: tree } }];
    }
    case 'local': {
      const { folder, path } = locked.origin;
      // Where a user keeps it is nobody's business.
      const uri = folder === undefined ? `project:${path}` : `user-folder:${fileName(folder)}`;
      return [{ uri, digest: { sha256: locked.tree } }];
    }
  }
}

/** The packages of a buildroot. */
function packageMaterials({ architecture, suite, packages }: LockedBuildroot): readonly Material[] {
  return packages.map((one) =>
    fileMaterial(
      packageUrl(one.name, one.version, `arch=${architectureOf(one, architecture)}&distro=${suite}`),
      one,
    ),
  );
}

/** A package of architecture "all" says so in its file's name. */
function architectureOf({ file }: LockedFile, architecture: string): string {
  return file.endsWith('_all.deb') ? 'all' : architecture;
}

function fileMaterial(uri: string, { file, size, sha256 }: LockedFile): Material {
  return { uri, name: fileName(file), size, digest: { sha256 } };
}

/** A package URL (purl-spec, type deb). */
function packageUrl(name: string, version: string, qualifiers: string): string {
  return `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${qualifiers}`;
}

/** A URL without a user's name and password. */
function withoutUser(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}
