import { FormatError, type ByteSource } from '../../base/index.ts';
import { rawMembers } from '../ar/index.ts';
import { mostParts, type Part } from './part.ts';

/** The members of an ar archive with their headers. @throws FormatError */
export async function arParts(source: ByteSource): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const { name, fields, isDerived, at, offset, end } of rawMembers('the archive', source)) {
    const rank = isDerived ? { rank: 2 as const } : {};
    parts.push({ name: `header of ${name}`, offset: at, size: offset - at, fields, ...rank });
    parts.push({ name: `member ${name}`, offset, size: end - offset, ...rank });
    if (parts.length > mostParts) throw new FormatError('ar', 'too many members', { offset: at });
  }
  return parts;
}
