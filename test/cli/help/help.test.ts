import { describe, expect, it } from 'vitest';
import {
  commandsOf,
  commandTable,
  groups,
  mostUsed,
  type Group,
} from '../../../src/cli/help/command-table.ts';
import { textWidth } from '../../../src/text/text-width.ts';
import { testProject } from '../../rig/project.ts';

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await testProject({}).run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const widest = (text: string): number => Math.max(...text.split('\n').map(textWidth));

describe('cidermill --help', () => {
  it('holds in 80 columns, tells the ten most used first and then every command by what people do', async () => {
    const text = await said('--help');
    expect(widest(text)).toBeLessThanOrEqual(80);
    const used = /^Most used:\n((?: {2}.*\n)+)/m.exec(text)?.[1]?.trim().split('\n') ?? [];
    expect(used.map((line) => line.trim().split(' ')[0])).toEqual(mostUsed);
    expect(mostUsed).toHaveLength(10);
    const all = text.slice(text.indexOf('All commands'), text.indexOf('Options:'));
    for (const name of Object.keys(commandTable)) expect(all).toMatch(new RegExp(`[ ,]${name}(,|$)`, 'm'));
  });

  it('is what `help` alone says', async () => {
    expect(await said('help')).toBe(`${(await said('--help')).trimEnd()}\n\n`);
  });
});

describe('cidermill help', () => {
  it.each(Object.keys(groups) as Group[])('tells the group %s on one screen of 80 columns', async (group) => {
    const text = await said('help', group);
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text.split('\n').length).toBeLessThan(36);
    for (const name of commandsOf(group)) expect(text).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(commandsOf(group).length).toBeGreaterThan(2);
  });

  it('tells of a command below another what its --help does', async () => {
    const text = await said('help', 'dmg', 'info');
    expect(text).toBe(await said('dmg', 'info', '--help'));
    expect(text).toContain('Usage: cidermill dmg info');
  });

  it.each([['brew'], ['dmg', 'brew']])('refuses %s, which is no command', async (...words) => {
    const { code, stderr } = await testProject({}).run(['help', ...words]);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no command or group of commands "brew"');
  });
});

it.each(Object.keys(commandTable))(
  '%s --help holds in 80 columns, but for examples to be copied',
  async (name) => {
    const text = await said(name, '--help');
    const lines = text.split('\n').filter((line) => !/^ {2}(\w+=\S+ )?cidermill /.test(line));
    expect(widest(lines.join('\n'))).toBeLessThanOrEqual(80);
  },
);

it('meant is the command whose name is near', async () => {
  const { stderr } = await testProject({}).run(['pln']);
  expect(stderr).toContain('Did you mean plan?');
});

it('doctor and guest list hold in 80 columns, and doctor tells what building, booting and sharing need apart', async () => {
  const doctor = (await testProject({}).run(['doctor'])).stdout;
  expect(doctor.match(/^To .*$/gm)).toEqual(['To build', 'To boot guests', 'To share']);
  // A path or a command that is to be copied stays whole.
  const words = doctor.split('\n').filter((line) => textWidth(line) > 80);
  expect(words.filter((line) => line.trim().includes(' '))).toEqual([]);
  expect(widest(await said('guest', 'list'))).toBeLessThanOrEqual(80);
});
