import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { absence, needs } from '../rig/judges/index.ts';
import { events, stepsOf } from '../rig/project.ts';
import { letterProject } from './letters.ts';
import { startNginx, type Nginx } from './nginx.ts';

let nginx: Nginx;
beforeAll(async () => {
  if (absence('nginx') !== undefined) return;
  nginx = await startNginx();
});

const sending = (url: string): Record<string, string> => ({
  CIDERMILL_CACHE: url,
  CIDERMILL_CACHE_PUSH: 'always',
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

describe("a team's cache", () => {
  it('gives to a second checkout with an empty store what the first has made, and no step runs there', async (context) => {
    needs(context, 'nginx');
    const [first, second] = [
      letterProject(['ann', 'bob'], 3_000_000),
      letterProject(['ann', 'bob'], 3_000_000),
    ];
    const made = await first.run(['run', 'post', '--json'], sending(`${nginx.url}/one`));
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(made.stdout, 'step-done').sort()).toEqual(['ann', 'bob', 'bundle']);

    const taken = await second.run(['run', 'post', '--json'], { CIDERMILL_CACHE: `${nginx.url}/one` });
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(taken.stdout, 'step-started')).toEqual([]);
    expect(stepsOf(taken.stdout, 'step-cached').sort()).toEqual(['ann', 'bob', 'bundle']);
    for (const file of filesBelow(join(first.root, 'artifacts')).filter((path) =>
      /^(count|to-)/.test(path),
    )) {
      const path = join('artifacts/.products', file);
      expect(readFileSync(join(second.root, path))).toEqual(readFileSync(join(first.root, path)));
    }
    const [sent, had] = [made, taken].map(({ stdout }) => events(stdout).at(-1)?.['cache']);
    expect(sent).toMatchObject({ hits: 0, misses: 3, pushed: 3, received: 0, refused: 0 });
    expect(had).toMatchObject({ hits: 3, misses: 0, pushed: 0, sent: 0, refused: 0, answers: { 200: 22 } });
  });
});
