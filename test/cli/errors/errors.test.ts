import { describe, expect, it } from 'vitest';
import { commandLine, Failure, FormatError, InvalidError } from '../../../src/base/index.ts';
import { errorEvents } from '../../../src/cli/errors/error-event.ts';
import {
  renderBug,
  renderDiagnostics,
  renderFailure,
  renderInvalid,
} from '../../../src/cli/errors/errors.ts';
import { makeColours } from '../../../src/text/colours.ts';

const text = 'steps:\n  qemu: { recipe: qemu, with: { bois: 1 } }\n  disk: { recipe: dsik }\n';
const at = (word: string) => ({ start: text.indexOf(word), end: text.indexOf(word) + word.length });
const typo = {
  code: 'unknown-parameter',
  message: 'The recipe qemu has no parameter "bois".',
  hint: 'Did you mean "bios"?',
  file: 'pipelines/a.yaml',
  span: at('bois'),
};
const unknownRecipe = {
  code: 'unknown-recipe',
  message: 'There is no recipe "dsik".',
  file: 'pipelines/a.yaml',
  span: at('dsik'),
};

describe('diagnostics', () => {
  it('are shown in the order of the file, each with its line and a caret, and counted', () => {
    expect(renderDiagnostics([unknownRecipe, typo], () => text)).toBe(
      [
        'pipelines/a.yaml:2:33  unknown-parameter',
        '  2 |   qemu: { recipe: qemu, with: { bois: 1 } }',
        '    |                                 ^^^^',
        'error: The recipe qemu has no parameter "bois".',
        'hint: Did you mean "bios"?',
        '',
        'pipelines/a.yaml:3:19  unknown-recipe',
        '  3 |   disk: { recipe: dsik }',
        '    |                   ^^^^',
        'error: There is no recipe "dsik".',
        '',
        '2 faults',
      ].join('\n'),
    );
  });

  it('take the text that an InvalidError carries, and do without it', () => {
    expect(renderInvalid(new InvalidError([typo], new Map([[typo.file, text]])))).toContain('^^^^');
    expect(renderInvalid(new InvalidError([typo]))).toBe(
      'pipelines/a.yaml  unknown-parameter\nerror: The recipe qemu has no parameter "bois".\nhint: Did you mean "bios"?',
    );
  });

  it('have no number of a line, and no file for machines, when they are about what was typed', () => {
    const typed = { ...typo, file: commandLine, span: { start: 5, end: 9 } };
    const error = new InvalidError([typed], new Map([[commandLine, 'with bois']]));
    expect(renderInvalid(error).split('\n').slice(0, 3)).toEqual([
      'on the command line  unknown-parameter',
      '  | with bois',
      '  |      ^^^^',
    ]);
    const places = [error, new InvalidError([typo], new Map([[typo.file, text]]))].map((fault) =>
      errorEvents(fault, 0).map(({ file, line, column }) => ({ file, line, column })),
    );
    expect(places).toEqual([
      [{ file: undefined, line: undefined, column: undefined }],
      [{ file: 'pipelines/a.yaml', line: 2, column: 33 }],
    ]);
  });

  it('name the place in a binary file, and show nothing of it', () => {
    const shownOf = (line: string): string =>
      renderDiagnostics([{ ...typo, span: { start: 0, end: 1 } }], () => line);
    expect(shownOf('caf\ufffd: 1')).toContain('  1 | caf\ufffd: 1');
    for (const binary of ['\u0089PNG\u0000\u0000\u0000\u0000', '\ufffdELF\ufffd\ufffd>\ufffd'])
      expect(shownOf(binary).split('\n').slice(0, 2)).toEqual([
        'pipelines/a.yaml:1:1  unknown-parameter',
        'error: The recipe qemu has no parameter "bois".',
      ]);
  });

  it('colour the code and the caret', () => {
    const shown = renderDiagnostics([typo], () => text, makeColours(true));
    expect(shown).toContain('\u001b[31m^^^^\u001b[39m');
    expect(shown).toContain('\u001b[31munknown-parameter\u001b[39m');
  });

  it('never pass on an escape sequence of the file, and the caret still stands below its value', () => {
    const hostile = 'a: "\u001b[2J"\nb: \u001b]0;t\u0007 bad\n';
    const start = hostile.indexOf('bad');
    const one = {
      code: 'unknown-key',
      message: 'It is \u001b[31mbad.',
      file: 'a.yaml',
      span: { start, end: start + 3 },
    };
    const [, source = '', caret = '', message] = renderDiagnostics([one], () => hostile).split('\n');
    expect(source).toBe('  2 | b: \ufffd]0;t\ufffd bad');
    expect(caret.indexOf('^')).toBe(source.indexOf('bad'));
    expect(message).toBe('error: It is bad.');
  });

  it('are cut after fifty, with the count of all', () => {
    const shown = renderDiagnostics(
      Array.from({ length: 2_000 }, () => typo),
      () => text,
    );
    expect(shown.match(/unknown-parameter/g)).toHaveLength(50);
    expect(shown).toContain('2000 faults, the first 50 of them above');
  });
});

describe('a failure', () => {
  it('is shown with what to do about it', () => {
    const failure = new Failure('no-flock', 'the program flock cannot be started', {
      hint: 'Install util-linux.',
    });
    expect(renderFailure(failure)).toBe(
      'error: the program flock cannot be started\nhint: Install util-linux.',
    );
  });

  it('names its cause, unless it has done so', () => {
    const cause = new Error('spawn flock ENOENT');
    expect(renderFailure(new Failure('no-flock', 'flock cannot be started', { cause }))).toContain(
      '\ncause: spawn flock ENOENT',
    );
    expect(renderFailure(new Failure('no-flock', 'no: spawn flock ENOENT', { cause }))).not.toContain(
      'cause',
    );
    const told = { cause: new Error("ENOENT: no such file or directory, open 'a.dmg'") };
    const message = 'a.dmg cannot be read: no such file or directory';
    expect(renderFailure(new Failure('no-flock', message, told))).toBe(`error: ${message}`);
  });

  it('that may pass says so', () => {
    expect(renderFailure(new Failure('no-flock', 'no answer', { temporary: true }))).toContain(
      'hint: Trying again may help.',
    );
  });

  it('of several lines is indented below its label', () => {
    expect(renderFailure(new Failure('no-flock', 'one\ntwo'))).toBe('error: one\n       two');
  });

  it('of bad bytes shows the format and the offset', () => {
    expect(renderFailure(new FormatError('udif', 'no koly trailer', { offset: 512 }))).toBe(
      'error: no koly trailer (udif, at byte 512)',
    );
  });
});

describe('a bug', () => {
  it('is called one, with its stack', () => {
    const shown = renderBug(new TypeError('x is not a function'));
    expect(shown).toMatch(/^error: this is a bug in cidermill/);
    expect(shown).toContain('  TypeError: x is not a function\n      at ');
    expect(shown).toMatch(/\nhint: Please report it/);
  });

  it.each([['a string'], [undefined], [null], [{ code: 7 }], [Symbol('s')], ['\u001b[2J']])(
    'can be anything that was thrown: %o',
    (thrown) => {
      expect(renderBug(thrown)).toMatch(/^error: this is a bug[^\u001b]*$/); // eslint-disable-line no-control-regex -- escapes
    },
  );
});
