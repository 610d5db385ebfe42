import { describe, expect, it } from 'vitest';
import { parseSize } from '../../src/recipe/index.ts';

describe('a size', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['512B', 512],
    ['1k', 1024],
    ['64K', 65_536],
    ['512M', 536_870_912],
    ['1.5G', 1_610_612_736],
    ['30G', 32_212_254_720],
    ['2T', 2_199_023_255_552],
  ])('%s is %i bytes, as qemu-img has it', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    '',
    'G',
    '-1G',
    '30 G',
    '10Gi',
    '30GB',
    '1e3',
    '0x10',
    '1.0000001K',
    '9P9',
    '9007199254740992',
    '99999P',
  ])('"%s" is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('is none when it is no whole number of bytes', () => {
    expect(parseSize('1.3K')).toBeUndefined();
    expect(parseSize('0.5K')).toBe(512);
  });
});
