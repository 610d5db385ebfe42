import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import type { TestProject } from '../../rig/project.ts';
import { wordProject } from '../../rig/word-project.ts';

/** The environment of a shell in which `cidermill` can be called. */
function withCommand(): NodeJS.ProcessEnv {
  const bin = freshFolder();
  const path = join(bin, 'cidermill');
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${join(packageRoot, 'bin/cidermill.mjs')} "$@"\n`);
  chmodSync(path, 0o755);
  return { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: bin, TERM: 'dumb' };
}

/** Types keys into a shell on a terminal, each group when what is shown matches; gives all that was shown. */
async function typed(
  project: TestProject,
  shell: string,
  keys: readonly (readonly [when: RegExp, keys: string])[],
  until: RegExp,
): Promise<string> {
  const child = spawn('script', ['-qfec', shell, '/dev/null'], { cwd: project.root, env: withCommand() });
  let shown = '';
  const left = [...keys];
  let from = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = left;
    if (next?.[0].test(shown.slice(from)) === true) {
      left.shift();
      from = shown.length;
      child.stdin.write(next[1]);
    } else if (left.length === 0 && until.test(shown.slice(from))) child.kill();
  });
  await once(child, 'close');
  return shown;
}

const offers = async (project: TestProject, ...words: string[]): Promise<string[]> =>
  (await project.run(['complete', '--', ...words])).stdout.trim().split('\n');

describe('cidermill complete', () => {
  it('offers commands, those below them, their options, and choices', async () => {
    const project = wordProject();
    expect(await offers(project, 'ru')).toEqual(['run', 'runs']);
    expect(await offers(project, '-C', 'x', 'dmg', 'inf')).toEqual(['info']);
    expect(await offers(project, 'run', 'words', '--keep-')).toEqual(['--keep-going', '--keep-failed']);
    expect(await offers(project, 'graph', 'words', '--format', '')).toEqual(['text', 'dot', 'mermaid']);
    expect(await offers(project, 'help', 'im')).toEqual(['images']);
  });

  it('offers names of pipelines, recipes, steps and parameters, and values of choices', async () => {
    const project = wordProject();
    expect(await offers(project, 'plan', 'w')).toEqual(['words']);
    expect(await offers(project, 'show', 'fra')).toEqual(['frame']);
    expect(await offers(project, 'log', 'words', '')).toEqual(['count', 'frame']);
    expect(await offers(project, 'run', '--offline', 'words', '--rebuild', 'c')).toEqual(['count']);
    expect(await offers(project, 'run', 'quickstart', '--set', 'd')).toEqual(['disk-size=']);
    expect(await offers(project, 'run', 'quickstart', '--set', 'qemu-release=1')).toEqual([
      'qemu-release=10.0',
    ]);
    expect(await offers(project, 'run', 'count', '--source', '')).toEqual(['words=']);
    expect(await offers(project, 'boot', '--guest', 'yo')).toEqual(['yosemite']);
  });

  it.each([
    ['a file', ['dmg', 'info', 'a']],
    ['an unknown command', ['brew', '']],
    ['a pipeline with a fault', ['log', 'bad', '']],
    ['what comes after --', ['shell', 'words', 'count', '--', 'l']],
  ])('offers nothing for %s, and says nothing', async (_what, words) => {
    const project = wordProject();
    project.write('pipelines/bad.yaml', 'stesp: {}\n');
    expect(await project.run(['complete', '--', ...words])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('completion in a shell', () => {
  it("offers a step's name in bash, at its prompt", async () => {
    const shown = await typed(
      wordProject(),
      'bash --norc --noprofile -i',
      [
        [/[$#] $/, 'source <(cidermill completion bash); echo rea""dy\n'],
        [/ready/, 'echo; cidermill log words fr\t'],
      ],
      /words frame/,
    );
    expect(shown).toContain('cidermill log words frame');
  });

  it("completes a parameter's value in bash, which parts words at =", () => {
    const line = 'cidermill run quickstart --set qemu-release=1';
    const asked = `source <(cidermill completion bash); COMP_LINE='${line}' COMP_POINT=${line.length} _cidermill; echo "\${COMPREPLY[@]}"; complete -p cidermill`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', asked], {
      cwd: wordProject().root,
      env: withCommand(),
      encoding: 'utf8',
    });
    expect({ stdout, stderr }).toEqual({
      stdout: '10.0\ncomplete -o default -F _cidermill cidermill\n',
      stderr: '',
    });
  });

  it("offers a step's name in zsh, at its prompt", async () => {
    const shown = await typed(
      wordProject(),
      'zsh -f -i',
      [
        [
          /% |# |\$ /,
          'autoload -Uz compinit; compinit -u; source <(cidermill completion zsh); echo rea""dy\n',
        ],
        [/ready/, 'cidermill log words fr\t'],
      ],
      /ame/,
    );
    expect(shown.slice(shown.lastIndexOf('words fr'))).toMatch(/^words fr.*ame/);
  });

  it("offers a step's name in fish", () => {
    const asked = "cidermill completion fish | source; complete -C 'cidermill log words fr'";
    const { stdout, stderr } = spawnSync('fish', ['-c', asked], {
      cwd: wordProject().root,
      env: withCommand(),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout.split('\n')[0]).toBe('frame');
  });
});
