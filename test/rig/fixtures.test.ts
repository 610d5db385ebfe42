import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fixture, has, named } from './fixtures.ts';
import { imagePackages } from './judges/images.ts';
import { missingBecause } from './judges/prepare.ts';
import { imageFolder } from './judges/images.ts';

test("the real images of Debian's source packages are at hand", () => {
  for (const source of imagePackages) {
    expect(missingBecause(imageFolder(source)), source.package).toBeUndefined();
    for (const name of Object.keys(source.images))
      expect(readFileSync(fixture(name)).length).toBeGreaterThan(0);
  }
});

test('all other real images that tests name are at hand', (context) => {
  const absent = named.filter((name) => !has(name));
  if (absent.length > 0)
    context.skip(
      `${absent.length} of ${named.length} are in no source package of Debian's; CIDERMILL_FIXTURES names a folder that has them: ${absent.join(', ')}`,
    );
});
