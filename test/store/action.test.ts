import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { actionKey, type Action } from '../../src/store/actions/action.ts';

const blank: Action = {
  keyVersion: 2,
  protocol: 2,
  platform: 'linux-x64',
  script: 'scripts/empty.ts',
  modules: { 'scripts/empty.ts': sha256('') },
  packages: {},
  parameters: {},
  sources: {},
  inputs: {},
  environment: { kind: 'none' },
  outputs: { out: 'out.txt' },
};

/** Sample actions, one for each thing a key is made of. */
const samples: Readonly<Record<string, Action>> = {
  blank,
  parameters: {
    ...blank,
    parameters: { text: 'café "quoted"\n', number: 32_212_254_720, flag: false, list: ['-b', '-a', ''] },
  },
  sources: { ...blank, sources: { tree: sha256('tree'), own: sha256('own') } },
  inputs: {
    ...blank,
    inputs: {
      file: `file:${sha256('x')}`,
      program: `executable:${sha256('x')}`,
      folder: `directory:${sha256('x')}`,
    },
  },
  buildroot: { ...blank, environment: { kind: 'buildroot', root: `file:${sha256('root')}` } },
  host: { ...blank, environment: { kind: 'host', tools: { make: 'GNU Make 4.3', cc: 'cc 12.2.0' } } },
  packages: { ...blank, packages: { 'press@1.2.3': sha256('press') } },
  closure: { ...blank, modules: { 'scripts/empty.ts': sha256(''), 'src/image/index.ts': sha256('image') } },
};

describe('a cache key', () => {
  it('is what it was when its golden file was written (docs/cache-keys.md says when that may change)', () => {
    const golden = JSON.parse(
      readFileSync(join(import.meta.dirname, '../golden/cache-keys.json'), 'utf8'),
    ) as Record<string, string>;
    expect(
      Object.fromEntries(Object.entries(samples).map(([name, action]) => [name, actionKey(action)])),
    ).toEqual(golden);
  });

  it('does not depend on the order in which an action was put together', () => {
    const reversed = Object.fromEntries(
      Object.entries(samples['sources'] as Action).reverse(),
    ) as unknown as Action;
    expect(actionKey(reversed)).toBe(actionKey(samples['sources'] as Action));
  });

  it('differs where the order of a list does', () => {
    const [a, b] = [
      ['-a', '-b'],
      ['-b', '-a'],
    ].map((flags) => actionKey({ ...blank, parameters: { flags } }));
    expect(a).not.toBe(b);
  });
});
