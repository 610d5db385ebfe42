import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { needs } from '../rig/judges/index.ts';
import { testProject } from '../rig/project.ts';

const page = readFileSync(join(packageRoot, 'docs/workers.md'), 'utf8');
const unit = /^```ini\n([^]*?)^```$/m.exec(page)?.[1] ?? '';

/** What systemd says of a unit: nothing, where it is right. */
function verdict(text: string): string {
  const path = join(freshFolder(), 'cidermill-worker.service');
  // systemd looks for a program in the system's own folders alone.
  writeFileSync(
    path,
    text.replace('ExecStart=cidermill ', `ExecStart=${join(packageRoot, 'bin/cidermill.mjs')} `),
  );
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
    encoding: 'utf8',
  });
  // Other units of the host may have faults of their own.
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('cidermill-worker'));
  return lines.join('\n');
}

describe('the systemd unit of docs/workers.md', () => {
  it('is taken by systemd, which knows all of its lines', (context) => {
    needs(context, 'systemd');
    expect(unit).toContain('ExecStart=cidermill worker ');
    expect(verdict(unit)).toBe('');
    expect(verdict(unit.replace('KillMode=', 'KillMod='))).toMatch(/Unknown key .*KillMod/);
    expect(verdict(unit.replace('ExecStart=cidermill ', 'ExecStart=/nowhere/cidermill '))).toMatch(
      /not executable/,
    );
  });

  it('has a command line and variables that a worker takes', async () => {
    const project = testProject({});
    project.write('password', 'secret\n');
    const [, command = ''] = /^ExecStart=cidermill (.*)$/m.exec(unit) ?? [];
    const variables = [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    );
    const given = {
      ...(Object.fromEntries(variables) as Record<string, string>),
      CIDERMILL_STORE: join(project.root, 'store'),
      CIDERMILL_WORKERS_PASSWORD_FILE: join(project.root, 'password'),
      NODE_EXTRA_CA_CERTS: '',
    };
    const args = command.replace('store.example.org', '127.0.0.1:1').split(' ');
    const run = await project.run(args, given);
    expect(run).toMatchObject({ code: 1 });
    expect(run.stderr).toContain('rediss://127.0.0.1:1 cannot be used: connect ECONNREFUSED');
    const without = await project.run(args, { ...given, CIDERMILL_CACHE: '' });
    expect(without.stderr).toContain("workers need the team's cache");
  });
});
