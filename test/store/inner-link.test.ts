import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInnerLink } from '../../src/store/actions/inner-link.ts';
import { freshFolder } from '../rig/folder.ts';
import { rounds } from '../rig/rounds.ts';

describe('a link in an output', () => {
  it.each([
    ['a', 'b'],
    ['a', '.'],
    ['a/b/c', '../../d'],
    ['a/b', '../a/./b//c'],
    ['a/b', '..'],
  ])('may lead inside: %s → %s', (path, target) => {
    expect(isInnerLink(path, target)).toBe(true);
  });

  it.each([
    ['a', '..'],
    ['a', '../b'],
    ['a/b', '../../c'],
    ['a', '/etc'],
    ['a', ''],
    // Where d is a link to "..", this is the folder above the output, and lexically it is the output.
    ['s/t/e', 'd/../../..'],
  ])('may not lead out: %s → %s', (path, target) => {
    expect(isInnerLink(path, target)).toBe(false);
  });

  it('never leads out together with others, as the file system follows them', () => {
    const part = fc.constantFrom('..', '.', 'd', 'e', 's', 't', 'f');
    const target = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
    const places = ['d', 's/d', 's/e', 's/t/d', 's/t/e', 'e'];
    let followed = 0;
    fc.assert(
      fc.property(fc.array(target, { minLength: 6, maxLength: 6 }), (targets) => {
        const root = join(freshFolder(), 'above', 'out');
        mkdirSync(join(root, 's/t'), { recursive: true });
        writeFileSync(join(root, 's/t/f'), '');
        const kept = places.filter((path, index) => isInnerLink(path, targets[index] ?? ''));
        for (const path of kept) symlinkSync(targets[places.indexOf(path)] ?? '', join(root, path));
        for (const path of kept) {
          if (!existsSync(join(root, path))) continue;
          followed += 1;
          expect(`${realpathSync(join(root, path))}/`).toContain(`${realpathSync(root)}/`);
        }
      }),
      { numRuns: rounds(400) },
    );
    expect(followed).toBeGreaterThan(50);
  });
});
