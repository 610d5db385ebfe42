import { describe, expect, it } from 'vitest';
import { wordProject } from '../rig/word-project.ts';

describe('cidermill why', () => {
  it('says the reason first, and the key and what it covers with --key alone', async () => {
    const project = wordProject();
    const { stdout } = await project.run(['why', 'words', 'count']);
    expect(stdout).toBe('count  will run\n    it has not run here before\n');
    await project.run(['run', 'words']);
    expect((await project.run(['why', 'words', 'count'])).stdout).toBe('count  cached\n');
    const keyed = (await project.run(['why', 'words', 'count', '--key'])).stdout;
    expect(keyed).toMatch(/^count {2}cached\n\nkey [0-9a-f]{64}\n\{\n/);
    expect(keyed).toContain('"script": "scripts/count.ts"');
  });
});

describe('cidermill store list', () => {
  it('names the pipeline and the step of each artifact, also of one that an older run made', async () => {
    const project = wordProject();
    await project.run(['run', 'words']);
    project.write('words.txt', 'one two\n');
    await project.run(['run', 'words']);
    const { stdout } = await project.run(['store', 'list']);
    const names = stdout.split('\n').map((line) => line.slice(38));
    expect(names.filter((name) => name === 'words  count')).toHaveLength(2);
    expect(names.filter((name) => name === 'words  frame')).toHaveLength(2);
    const listed = JSON.parse((await project.run(['store', 'list', '--json'])).stdout) as object[];
    expect(listed[0]).toMatchObject({ pipeline: 'words', step: 'frame', script: 'scripts/frame.ts' });
  });
});
