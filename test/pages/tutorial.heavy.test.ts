import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { fileFolder } from '../rig/folder.ts';
import { cached } from '../rig/judges/cache.ts';
import { needs } from '../rig/judges/index.ts';
import { freePort } from '../rig/servers/registry-server.ts';

const page = readFileSync(join(packageRoot, 'docs/tutorial.md'), 'utf8');

/** The page as a shell script: its commands in order, and its files written where the words before them say. */
function scriptOf(text: string): { readonly script: string; readonly commands: readonly string[] } {
  const commands: string[] = [];
  const parts: string[] = [];
  for (const [, before = '', kind, body = ''] of text.matchAll(/([^\n]*)\n\n```(\w+)\n([^]*?)```/g)) {
    if (kind === 'sh') {
      for (const command of body.trim().split('\n')) {
        commands.push(command);
        parts.push(`echo "== $SECONDS s: ${command.replace(/["$`\\]/g, '\\$&')}"`, command);
      }
      continue;
    }
    const path = /`([\w./-]+)`:$/.exec(before)?.[1];
    if (path === undefined) throw new Error(`the page does not say where this belongs:\n${body}`);
    parts.push(`mkdir -p ${dirname(path)}`, `cat > ${path} <<'END OF FILE'\n${body}END OF FILE`);
  }
  return { script: ['set -eu', "trap 'kill $(jobs -p)' EXIT", ...parts].join('\n'), commands };
}

/**
 * A newcomer's way, with every command copied out of the page. What the quickstart builds comes from the store that
 * CIDERMILL_STORE names, where it does; else it is built.
 */
it('leads from a clone through a run, its report, a project and a recipe to a product in a registry', async (context) => {
  needs(context, 'docker-registry');
  const folder = fileFolder();
  const { script, commands } = scriptOf(page.replaceAll('127.0.0.1:5000', `127.0.0.1:${await freePort()}`));
  expect(commands.filter((command) => command.startsWith('npx cidermill')).length).toBeGreaterThan(10);
  const path = join(folder, 'tutorial.sh');
  writeFileSync(path, script);
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_ENV|VITEST)/.test(name)),
  );
  const { status, stdout, stderr } = spawnSync('bash', [path], {
    cwd: folder,
    env: {
      ...env,
      ADDRESS: packageRoot,
      NO_COLOR: '1',
      PATH: `${dirname(cached('docker-registry/usr/bin/docker-registry'))}:${process.env['PATH'] ?? ''}`,
    },
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  console.log(stdout.match(/^== .*$/gm)?.join('\n'));
  expect(stdout).toContain('nothing to do: 13 steps cached');
  expect(stdout.match(/^Hello, reader!$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/^\d+ files$/m);
  const report = readFileSync(join(folder, 'cidermill/report.html'), 'utf8');
  expect(report).toContain('quickstart');
  const [pulled, published] = ['pulled', 'artifacts/greeting'].map((name) =>
    readFileSync(join(folder, 'demo', name, 'SHA256SUMS'), 'utf8'),
  );
  expect(pulled).toBe(published);
}, 1_800_000);
