import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freshFolder } from '../rig/folder.ts';
import { testProject } from '../rig/project.ts';

/** Writes the address of each module that Node.js loads into a file. */
const hooks = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  return next(url, context);
}
`;

it('BullMQ and ioredis are loaded by a run with workers, and by no other', async () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'hooks.mjs'), hooks);
  writeFileSync(
    join(folder, 'register.mjs'),
    "import { register } from 'node:module';\nregister('./hooks.mjs', import.meta.url);\n",
  );
  const project = testProject({
    'recipes/x.yaml':
      'recipe: x\nsummary: x\nenvironment: none\nscript: scripts/x.ts\noutputs: { x: x.txt }\n',
    'scripts/x.ts': `import { writeFileSync } from 'node:fs';
import { step } from 'cidermill/step';
const { output } = await step();
writeFileSync('x.txt', 'x');
await output('x', 'x.txt');
`,
  });
  /** Of which of the two a run loads code. */
  const loads = async (name: string, args: readonly string[]): Promise<[code: number | null, string[]]> => {
    const list = join(folder, name);
    const { code } = await project.run(['run', 'x', ...args], {
      CIDERMILL_CACHE: 'http://127.0.0.1:1',
      LOADED: list,
      NODE_OPTIONS: `--import=${join(folder, 'register.mjs')}`,
    });
    expect(existsSync(list)).toBe(true);
    const files = readFileSync(list, 'utf8')
      .split('\n')
      .filter((url) => url.startsWith('file:'));
    const texts = files.map((url) => readFileSync(fileURLToPath(url), 'utf8'));
    return [
      code,
      ['bullmq', 'ioredis'].filter((what) => texts.some((text) => text.includes(`// node_modules/${what}/`))),
    ];
  };
  expect(await loads('with', ['--workers', 'redis://127.0.0.1:1'])).toEqual([1, ['bullmq', 'ioredis']]);
  expect(await loads('made', [])).toEqual([0, []]);
  expect(await loads('again', [])).toEqual([0, []]);
});
