import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messagesOf, renderMessages } from './rig/messages.ts';

const root = join(import.meta.dirname, '..');
const files = ['src', 'scripts', 'bin']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const messages = messagesOf(files, (file) => relative(root, file));

describe('the texts that a user can see', () => {
  it('stand in one file, to be read whole (npx vitest run test/messages.test.ts -u writes it)', async () => {
    await expect(renderMessages(messages)).toMatchFileSnapshot('golden/messages.txt');
  });

  it('have no "is none", "are none" or "is as it was"', () => {
    const riddles = messages.filter(({ text }) => /\b(?:is|are) none\b|\bis as it was\b/.test(text));
    expect(riddles).toEqual([]);
  });
});
