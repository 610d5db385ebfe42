import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

const maps = new Map<string, SourceMap | undefined>();

/** A stack whose places in a bundled script are those of the project's own files: `scripts/a.ts:3:7`. */
export function inSources(stack: string): string {
  return stack.replaceAll(/file:\/\/[^\s)]+?:(\d+):(\d+)/g, (whole, line: string, column: string) => {
    const file = fileURLToPath(whole.replace(/:\d+:\d+$/, ''));
    const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return whole;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** The map at the end of a file, where it has one. */
function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

function readMap(file: string): SourceMap | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const [, base64] = /\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(text) ?? [];
    if (base64 === undefined) return undefined;
    return new SourceMap(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
