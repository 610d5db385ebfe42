import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { systemReason, type Span } from '../base/index.ts';
import type { Report } from './faults.ts';
import { parseYaml } from './parse.ts';
import type { YamlNode } from './node.ts';

const largestFile = 1 << 20;

interface YamlText {
  readonly text: string;
  /** Undefined when the file holds nothing to go on with; why has been reported. */
  readonly node: YamlNode | undefined;
}

/**
 * Reads and parses a YAML file.
 * @param file how the file is named to the user
 * @returns undefined when there is no such file
 */
export function readYamlFile(path: string, file: string, report: Report): YamlText | undefined {
  const start = { file, span: { start: 0, end: 0 } };
  let bytes: Buffer | Refusal;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    report('unreadable', start, `The file cannot be read: ${systemReason(error)}.`);
    return { text: '', node: undefined };
  }
  if (!Buffer.isBuffer(bytes)) {
    report(bytes.code, start, bytes.message);
    return { text: '', node: undefined };
  }
  const text = decode(bytes);
  if (text !== undefined) return { text, node: parseYaml(text, file, report) };
  const span = firstBadByte(bytes);
  report('not-utf8', { file, span }, 'The file is not UTF-8 from here on.', 'Save it as UTF-8.');
  // Latin-1 keeps one code unit a byte: offsets stay true, and the line can be shown.
  return { text: bytes.toString('latin1'), node: undefined };
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

function readBounded(path: string): Buffer | Refusal {
  // Not blocking: a pipe named like a recipe must not hold the run up.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { code: 'unreadable', message: 'This is not a regular file.' };
    if (stat.size > largestFile) {
      const message = `The file has ${stat.size} bytes, and at most ${largestFile} are read.`;
      return { code: 'too-large', message };
    }
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function firstBadByte(bytes: Buffer): Span {
  // The longest prefix that decodes; a whole sequence may lie across its end, hence `stream`.
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return { start: low, end: low + 1 };
}
