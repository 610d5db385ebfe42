import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { decodeAdc } from '../../src/formats/udif/index.ts';
import { encodeAdc } from '../rig/images/udif-writer.ts';

test('what an encoder packs is unpacked, overlapping copies too', () => {
  const letters = fc
    .array(fc.constantFrom(0, 1, 255), { maxLength: 3000 })
    .map((each) => Uint8Array.from(each));
  fc.assert(
    fc.property(letters, (data) => {
      expect(decodeAdc(encodeAdc(data), data.length)).toEqual(data);
    }),
  );
});

test('any bytes give exactly the size asked for, or a FormatError inside them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 4096 }), (input, size) => {
      try {
        expect(decodeAdc(input, size, 1000)).toHaveLength(size);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        expect((error as FormatError).offset).toBeGreaterThanOrEqual(1000);
        expect((error as FormatError).offset).toBeLessThanOrEqual(1000 + input.length);
      }
    }),
    { numRuns: 2000 },
  );
});
