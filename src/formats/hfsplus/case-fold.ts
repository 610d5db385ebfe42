/**
 * The order of names on HFS+ (Apple TN1150, "Case-Insensitive String Comparison Algorithm"): two names are compared by
 * UTF-16 unit after each is folded, units that fold to nothing being left out. The facts of the table in ranges: from,
 * to, step, and what to add.
 */
const ranges: readonly (readonly [from: number, to: number, step: number, add: number])[] = [
  [0x0041, 0x005a, 1, 32],
  [0x00c6, 0x00c6, 1, 32],
  [0x00d0, 0x00d8, 8, 32],
  [0x00de, 0x00de, 1, 32],
  [0x0110, 0x0110, 1, 1],
  [0x0126, 0x0126, 1, 1],
  [0x0132, 0x0132, 1, 1],
  [0x013f, 0x0141, 2, 1],
  [0x014a, 0x0152, 8, 1],
  [0x0166, 0x0166, 1, 1],
  [0x0182, 0x0184, 2, 1],
  [0x0187, 0x018b, 4, 1],
  [0x0191, 0x0191, 1, 1],
  [0x0198, 0x0198, 1, 1],
  [0x01a2, 0x01a4, 2, 1],
  [0x01a7, 0x01a7, 1, 1],
  [0x01ac, 0x01ac, 1, 1],
  [0x01b3, 0x01b5, 2, 1],
  [0x01b8, 0x01bc, 4, 1],
  [0x01c4, 0x01ca, 3, 2],
  [0x01c5, 0x01cb, 3, 1],
  [0x01e4, 0x01e4, 1, 1],
  [0x01f1, 0x01f1, 1, 2],
  [0x01f2, 0x01f2, 1, 1],
  [0x0391, 0x03a1, 1, 32],
  [0x03a3, 0x03a9, 1, 32],
  [0x03e2, 0x03ee, 2, 1],
  [0x0402, 0x0402, 1, 80],
  [0x0404, 0x0406, 1, 80],
  [0x0408, 0x040b, 1, 80],
  [0x040f, 0x040f, 1, 80],
  [0x0410, 0x0418, 1, 32],
  [0x041a, 0x042f, 1, 32],
  [0x0460, 0x0474, 2, 1],
  [0x0478, 0x0480, 2, 1],
  [0x0490, 0x04be, 2, 1],
  [0x04c3, 0x04cb, 4, 1],
  [0x0531, 0x0556, 1, 48],
  [0x10a0, 0x10c5, 1, 48],
  [0x2160, 0x216f, 1, 16],
  [0xff21, 0xff3a, 1, 32],
];

/** Units that fold to others without a rule. */
const single: readonly (readonly [from: number, to: number])[] = [
  [0x0000, 0xffff],
  [0x0181, 0x0253],
  [0x0186, 0x0254],
  [0x0189, 0x0256],
  [0x018a, 0x0257],
  [0x018e, 0x01dd],
  [0x018f, 0x0259],
  [0x0190, 0x025b],
  [0x0193, 0x0260],
  [0x0194, 0x0263],
  [0x0196, 0x0269],
  [0x0197, 0x0268],
  [0x019c, 0x026f],
  [0x019d, 0x0272],
  [0x019f, 0x0275],
  [0x01a9, 0x0283],
  [0x01ae, 0x0288],
  [0x01b1, 0x028a],
  [0x01b2, 0x028b],
  [0x01b7, 0x0292],
];

/** Units that are left out. */
const ignored: readonly (readonly [from: number, to: number])[] = [
  [0x200c, 0x200f],
  [0x202a, 0x202e],
  [0x206a, 0x206f],
  [0xfeff, 0xfeff],
];

const nothing = -1;
const folds = new Map<number, number>(single);
for (const [from, to, step, add] of ranges)
  for (let unit = from; unit <= to; unit += step) folds.set(unit, unit + add);
for (const [from, to] of ignored) for (let unit = from; unit <= to; unit++) folds.set(unit, nothing);

/** Names that need no folding are most. */
// eslint-disable-next-line no-control-regex -- U+0000 folds, the other control characters do not
const plain = /^[\u0001-@[-\u00bf\u4e00-\u9fff]*$/;

/** A folded name: two names are the same, or in order, as these strings of units are. */
export function foldCase(name: string): string {
  if (plain.test(name)) return name;
  let folded = '';
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index);
    const to = folds.get(unit);
    if (to === undefined) folded += name.charAt(index);
    else if (to !== nothing) folded += String.fromCharCode(to);
  }
  return folded;
}
