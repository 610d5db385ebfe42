import { FormatError } from '../../base/index.ts';
import { appendLiterals, appendMatch, type Output } from './output.ts';

/**
 * Decodes an LZVN stream: opcodes of one to three bytes, each with up to so many literals after it and a match after
 * those. L counts literals, M the match's bytes, D its distance; `prev` means the distance of the match before.
 *
 *     LLMMMDDD DDDDDDDD             small distance   (DDD below 110)
 *     101LLMMM DDDDDDMM DDDDDDDD    medium distance
 *     LLMMM111 DDDDDDDD DDDDDDDD    large distance
 *     LLMMM110                      prev
 *     1110LLLL / 11100000 LLLLLLLL  literals alone   (1–15, or 16 and more)
 *     1111MMMM / 11110000 MMMMMMMM  match alone, prev
 *     00000110 and seven bytes 0    end;  00001110 and 00010110: nothing
 *
 * @param at where `input` lies in the file, for errors
 */
export function decodeLzvn(input: Uint8Array, output: Output, at: number): void {
  const fail = (message: string, from: number): never => {
    throw new FormatError('lzfse', `LZVN: ${message}`, { offset: at + from });
  };
  let from = 0;
  let distance = 0;
  for (;;) {
    const opcode = input[from] ?? fail('ends without an end mark', from);
    const second = input[from + 1] ?? 0;
    const third = input[from + 2] ?? 0;
    let size = 1;
    let literals = 0;
    let match = 0;

    if (opcode >= 0xf0) {
      size = opcode === 0xf0 ? 2 : 1;
      match = opcode === 0xf0 ? second + 16 : opcode & 15;
    } else if (opcode >= 0xe0) {
      size = opcode === 0xe0 ? 2 : 1;
      literals = opcode === 0xe0 ? second + 16 : opcode & 15;
    } else if (opcode >= 0xa0 && opcode < 0xc0) {
      size = 3;
      literals = (opcode >> 3) & 3;
      match = (((opcode & 7) << 2) | (second & 3)) + 3;
      distance = (second >> 2) | (third << 6);
    } else if ((opcode >= 0x70 && opcode < 0x80) || (opcode >= 0xd0 && opcode < 0xe0)) {
      fail(`undefined opcode 0x${opcode.toString(16)}`, from);
    } else {
      literals = opcode >> 6;
      match = ((opcode >> 3) & 7) + 3;
      switch (opcode & 7) {
        case 6:
          if (opcode === 0x06) {
            if (from + 8 > input.length) fail('ends inside its end mark', from);
            return;
          }
          if (opcode < 0x40 && opcode !== 0x0e && opcode !== 0x16) {
            fail(`undefined opcode 0x${opcode.toString(16)}`, from);
          }
          if (opcode < 0x40) match = 0;
          break;
        case 7:
          size = 3;
          distance = second | (third << 8);
          break;
        default:
          size = 2;
          distance = ((opcode & 7) << 8) | second;
      }
    }

    if (from + size + literals > input.length) fail('ends inside an opcode', from);
    appendLiterals(output, input, from + size, literals, at + from);
    if (match > 0) appendMatch(output, distance, match, at + from);
    from += size + literals;
  }
}
