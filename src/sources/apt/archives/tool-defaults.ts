import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../../host/programs/tools.ts';
import { type Archive } from './archive.ts';

const debootstrapScripts = '/usr/share/debootstrap/scripts';

/**
 * The archives that the host's own tools take where none is named: mmdebstrap and debootstrap have them in their text.
 * Debian's alone, whatever distribution the host is.
 */
export function toolArchives(): Archive[] {
  const mmdebstrap = findTool('mmdebstrap');
  const debootstrap = findTool('debootstrap');
  return [
    ...rootsIn(mmdebstrap === undefined ? '' : textOf(mmdebstrap)).map((root): Archive => ({
      root,
      from: 'mmdebstrap',
    })),
    ...rootsIn(
      [...(debootstrap === undefined ? [] : [debootstrap]), ...scripts()].map(textOf).join('\n'),
    ).map((root): Archive => ({ root, from: 'debootstrap' })),
  ];
}

/** Addresses in quotes that end as Debian's archives do. */
export function rootsIn(text: string): string[] {
  const found = text.matchAll(/["'](https?:\/\/[^"'\s$]+\/debian(?:-security)?)\/?["']/g);
  return [...new Set([...found].map(([, root = '']) => `${root}/`))];
}

function scripts(): string[] {
  try {
    return readdirSync(debootstrapScripts)
      .filter((name) => /^(sid|debian-common)$/.test(name))
      .map((name) => join(debootstrapScripts, name));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
