import { Failure } from '../../../../base/index.ts';
import { decompose } from '../../name.ts';

/** Names have no more UTF-16 units than this (TN1150, "HFS Plus Names"). */
const longest = 255;

/**
 * A part of a path as it is stored: decomposed, ":" as "/".
 * @throws Failure 'bad-name' when no file can have it
 */
export function storedName(part: string): string {
  if (part.includes('/') || part.includes('\0') || part === '.' || part === '..')
    throw new Failure('bad-name', `"${part}" cannot be a name`);
  return checkedName(decompose(part.replaceAll(':', '/')));
}

/** @throws Failure 'bad-name' when its length is not from 1 to 255 UTF-16 units */
export function checkedName(name: string): string {
  if (name.length === 0 || name.length > longest)
    throw new Failure(
      'bad-name',
      `the name "${name}" has ${name.length} UTF-16 units instead of 1 to ${longest}`,
    );
  return name;
}

/** In UTF-16 units (TN1150, "Attributes File"). */
const longestAttribute = 127;

/** An attribute's name as it is stored. @throws Failure 'bad-name' */
export function attributeName(name: string): string {
  const stored = decompose(name);
  if (stored.length === 0 || stored.length > longestAttribute || stored.includes('\0'))
    throw new Failure('bad-name', `an attribute cannot have the name "${name}"`);
  return stored;
}
