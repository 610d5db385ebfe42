import { describe, expect, it } from 'vitest';
import { chooseReporter } from '../../../src/cli/reporters/index.ts';
import { wantsColour } from '../../../src/text/colours.ts';
import { secondRun } from './recorded-run.ts';
import { terminal } from './terminal.ts';

async function written(
  env: NodeJS.ProcessEnv,
  options: { isTTY?: boolean; json?: boolean } = {},
): Promise<string> {
  const screen = { ...terminal(80, 24), isTTY: options.isTTY ?? true };
  const reporter = await chooseReporter({
    json: options.json ?? false,
    stdout: screen,
    env,
    folder: '/home/ann/mill',
  });
  for (const event of secondRun) reporter.take(event);
  reporter.close();
  return screen.writes.join('');
}

describe('chooseReporter', () => {
  it('takes the live view on a terminal, in colour', async () => {
    expect(await written({ TERM: 'xterm' })).toContain('\u001b[2m✔\u001b[22m seabios');
  });

  it('takes the live view without colour where NO_COLOR is set', async () => {
    expect(await written({ TERM: 'xterm', NO_COLOR: '1' })).toContain('✔ seabios    cached');
  });

  it.each([
    ['in a pipe', { TERM: 'xterm' }, false],
    ['on a terminal that can do nothing', { TERM: 'dumb' }, true],
    ['in CI, even with a terminal', { TERM: 'xterm', CI: 'true', NO_COLOR: '1' }, true],
  ])('takes plain lines %s', async (_title, env, isTTY) => {
    const text = await written(env, { isTTY });
    expect(text).toContain('\nseabios    cached\n');
    expect(text).not.toContain('\u001b');
  });

  it('takes JSON when asked to, also on a terminal', async () => {
    expect(JSON.parse((await written({}, { json: true })).split('\n')[0] ?? '')).toEqual(secondRun[0]);
  });

  it('leaves no listener behind', async () => {
    const before = process.listenerCount('exit');
    await written({ TERM: 'xterm' });
    expect(process.listenerCount('exit')).toBe(before);
  });
});

it.each([
  ['a terminal', {}, true, true],
  ['a pipe', {}, false, false],
  ['a dumb terminal', { TERM: 'dumb' }, true, false],
  ['a terminal with NO_COLOR', { NO_COLOR: '1' }, true, false],
  ['a terminal with an empty NO_COLOR', { NO_COLOR: '' }, true, true],
  ['a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, false, true],
  ['a terminal with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false],
  ['NO_COLOR and FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
])('on %s colour is there or not as its user wishes', (_title, env, isTerminal, colour) => {
  expect(wantsColour(env, isTerminal)).toBe(colour);
});
