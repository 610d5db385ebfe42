import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/events.md'), 'utf8');

/** Event type → its fields, "?" behind those that may be absent, as the source declares them. */
function declared(path: string, name: string): Map<string, string[]> {
  const program = ts.createProgram([join(root, path)], {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(root, path));
  const found = new Map<string, string[]>();
  source?.forEachChild((node) => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== name) return;
    const type = checker.getTypeAtLocation(node);
    for (const member of type.isUnion() ? type.types : [type]) {
      const fields = member.getProperties().map((field) => {
        const optional = (field.flags & ts.SymbolFlags.Optional) !== 0;
        return `${field.name}${optional ? '?' : ''}`;
      });
      const kind = member.getProperty('type');
      const literal = kind && checker.getTypeOfSymbol(kind);
      if (literal?.isStringLiteral() === true)
        found.set(literal.value, fields.filter((field) => field !== 'type' && field !== 'time').sort());
    }
  });
  return found;
}

/** The rows of the page's tables: `type` → the fields in the second column. */
function documented(): Map<string, string[]> {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| ([^|]+) \|/gm)];
  return new Map(
    rows.map(([, type = '', fields = '']) => [
      type,
      Array.from(fields.matchAll(/`([^`]+)`/g), ([, field = '']) => field).sort(),
    ]),
  );
}

describe('docs/events.md', () => {
  it('has every event with every field, and no other', () => {
    const events = new Map([
      ...declared('src/engine/events.ts', 'RunEvent'),
      ...declared('src/cli/errors/error-event.ts', 'ErrorEvent'),
      ...declared('src/engine/runs/run-file.ts', 'RunLine'),
    ]);
    expect(events.size).toBeGreaterThan(15);
    expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(events));
  });
});
