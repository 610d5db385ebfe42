import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listingFault, listOutput, outputsFault } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

const digest = 'a'.repeat(64);
const file = (path: string) => ({ type: 'file', path, executable: false, digest, size: 1 });

describe('a listing from outside', () => {
  it('is sound when it is one that was made here', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'out/below'), { recursive: true });
    writeFileSync(join(folder, 'out/below/file'), 'x');
    symlinkSync('below/file', join(folder, 'out/link'));
    expect(listingFault(await listOutput(folder, 'out/'))).toBeUndefined();
  });

  it.each([
    ['a way out', [file('../x')]],
    ['an absolute name', [file('/etc/x')]],
    ['a file below a link', [{ type: 'symlink', path: 'a', target: '..' }, file('a/x')]],
    ['a file below a file', [file('a'), file('a/b')]],
    ['a link out of the world', [{ type: 'symlink', path: 'a', target: '/etc' }]],
    ['a link out of its folder', [{ type: 'symlink', path: 'a', target: '../x' }]],
    ['a name twice', [file('a'), file('a')]],
    ['another type', [{ type: 'device', path: 'a' }]],
    ['no digest', [{ ...file('a'), digest: '../../x' }]],
    ['no list', { 0: file('a') }],
  ])('is refused with %s', (_what, listing) => {
    expect(listingFault(listing)).toBeTypeOf('string');
  });

  it('of any form gives an answer, as do outputs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const answers = [listingFault(value), outputsFault(value)];
        expect(answers.every((each) => each === undefined || typeof each === 'string')).toBe(true);
      }),
    );
    expect(outputsFault({ out: { ...file('../x') } })).toBeTypeOf('string');
    expect(outputsFault({ out: { type: 'directory', path: 'out/', digest, size: 2 } })).toBeUndefined();
  });
});
