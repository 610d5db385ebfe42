import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const block = 512;
/** Of a ustar header: where a device's two numbers stand, and what tar before 1.35 writes there for anything else. */
const fields = { start: 329, end: 345, none: '0000000\0'.repeat(2) };
const sum = { start: 148, end: 156 };
/** Links have no data, whatever size they name; devices have numbers, and tar before 1.35 fills none into pax headers. */
const [links, others] = ['12', '34xg'];

/**
 * Writes the numbers of a device, zero, into all headers of a tar archive that are of none: GNU tar leaves them empty from
 * 1.35 on. @returns how many headers were changed
 */
export function fillDeviceFields(path: string): number {
  const file = openSync(path, 'r+');
  const header = Buffer.alloc(block);
  let changed = 0;
  try {
    for (let at = 0; readSync(file, header, 0, block, at) === block && header[0] !== 0;) {
      const type = header.toString('latin1', 156, 157);
      const size = links.includes(type) ? 0 : Number.parseInt(header.toString('latin1', 124, 136), 8);
      const none = header.toString('latin1', fields.start, fields.end) === '\0'.repeat(16);
      if (none && !others.includes(type)) {
        header.write(fields.none, fields.start, 'latin1');
        header.fill(' ', sum.start, sum.end);
        const total = header.reduce((before, byte) => before + byte, 0);
        header.write(`${total.toString(8).padStart(6, '0')}\0 `, sum.start, 'latin1');
        writeSync(file, header, 0, block, at);
        changed += 1;
      }
      at += block + Math.ceil(size / block) * block;
    }
  } finally {
    closeSync(file);
  }
  return changed;
}
