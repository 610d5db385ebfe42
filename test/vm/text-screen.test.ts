import { describe, expect, it } from 'vitest';
import { chosenRow, decodeTextScreen, highlightedRows } from '../../src/vm/index.ts';

function screen(cells: Readonly<Record<number, number>>): Uint8Array {
  const memory = new Uint8Array(4000);
  for (let cell = 0; cell < 2000; cell++) {
    memory[2 * cell] = cells[cell] ?? 0x20;
    memory[2 * cell + 1] = 0x07;
  }
  return memory;
}

describe('decodeTextScreen', () => {
  it('gives 25 lines without the spaces at their ends and without the attributes', () => {
    const lines = decodeTextScreen(screen({ 0: 0x48, 1: 0x69, 1999: 0x21 }));
    expect(lines).toHaveLength(25);
    expect(lines[0]).toBe('Hi');
    expect(lines[24]).toBe(`${' '.repeat(79)}!`);
  });

  it('reads code page 437, in which loaders draw their boxes', () => {
    expect(decodeTextScreen(screen({ 0: 0xc9, 1: 0xcd, 2: 0xbb, 3: 0x81, 4: 0xfe, 5: 0xe1 }))[0]).toBe(
      '╔═╗ü■ß',
    );
  });

  it('knows every character of the upper half', () => {
    const upper = Object.fromEntries(Array.from({ length: 127 }, (_, i) => [i, 0x80 + i]));
    const text = decodeTextScreen(screen(upper)).slice(0, 2);
    expect(text[0]).toHaveLength(80);
    expect(text[1]).toHaveLength(47);
    expect(new Set(text.join('')).size).toBe(127);
  });

  it('shows control codes as spaces', () => {
    expect(decodeTextScreen(screen({ 0: 0x1b, 1: 0x41, 2: 0x00, 3: 0x7f, 4: 0x42 }))[0]).toBe(' A  B');
  });

  it('refuses memory of another size', () => {
    expect(() => decodeTextScreen(new Uint8Array(3999))).toThrow('4000 bytes, not 3999');
  });
});

describe('highlightedRows', () => {
  it('are those with a cell whose background is not black', () => {
    const memory = screen({ 0: 0x41, 161: 0x42 });
    memory[2 * 161 + 1] = 0x70;
    memory[2 * 400 + 1] = 0x0f;
    memory[2 * 1999 + 1] = 0x1f;
    expect(highlightedRows(memory)).toEqual([2, 24]);
    expect(highlightedRows(screen({}))).toEqual([]);
  });
});

describe('chosenRow', () => {
  it('is the row whose text begins in another colour, not one where some was left behind a long name', () => {
    const memory = screen({ 4: 0x41, 84: 0x42 });
    expect(chosenRow(memory)).toBeUndefined();
    for (let cell = 42; cell < 60; cell++) memory[2 * cell + 1] = 0x70;
    expect(chosenRow(memory)).toBe(0);
    for (let cell = 82; cell < 90; cell++) memory[2 * cell + 1] = 0x70;
    expect(chosenRow(memory)).toBe(1);
  });

  it('may be one that shows it by a bar beside its text', () => {
    const memory = screen({ 4: 0x41, 84: 0x42 });
    memory[2 * 82 + 1] = 0x70;
    expect(chosenRow(memory)).toBe(1);
  });
});
