import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRoute, routeBoot, routeValues } from '../../src/route/index.ts';
import { keysOf } from '../../src/vm/index.ts';

const routes = join(import.meta.dirname, '../../recipes/routes');

function parse(text: string, values: Readonly<Record<string, string>> = {}) {
  return parseRoute(text, 'my-route.yaml', values);
}

function faultsOf(text: string, values: Readonly<Record<string, string>> = {}): string {
  try {
    parse(text, values);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Failure', code: 'bad-route' });
    return (error as Error).message;
  }
  throw new Error('the route is without fault');
}

const head = 'route: mine\nsummary: a way\nsteps:\n';

describe('a route', () => {
  it('is what is seen and done, in its order', () => {
    const route = parse(
      `${head}${[
        "  - { see: { screen: '/^boot:/' }, as: prompt }",
        '  - { pick: Macintosh HD }',
        '  - { type: -v idlehalt=0 }',
        '  - { press: ctrl-alt-delete }',
        '  - { see: { display: 1280x1024 } }',
        '  - { picture: desktop }',
      ].join('\n')}\nend: { exit: 65 }\n`,
    );
    expect(route.steps).toEqual([
      { name: 'prompt', where: 'screen', pattern: /^boot:/ },
      { kind: 'pick', pattern: 'Macintosh HD' },
      { kind: 'type', text: '-v idlehalt=0' },
      { kind: 'press', keys: ['ctrl', 'alt', 'delete'] },
      { name: 'step 5', where: 'display', pattern: '1280x1024' },
      { kind: 'picture', name: 'desktop' },
    ]);
    expect(routeBoot(route)).toMatchObject({ exit: { code: 65 }, givesUp: [] });
  });

  it('holds values, which mean themselves within a pattern', () => {
    const { steps } = parse(
      `${head}  - { see: { screen: '/\\(\${version}\\) \${name}$/' } }\n  - { type: '\${flags}' }\n`,
      { version: '10.10', name: 'a+b (c)', flags: '' },
    );
    const pattern = steps[0] && 'pattern' in steps[0] ? (steps[0].pattern as RegExp) : /never/;
    expect(pattern.test('hd(0,1) (10.10) a+b (c)')).toBe(true);
    expect(pattern.test('hd(0,1) (10x10) aab c')).toBe(false);
    expect(steps[1]).toEqual({ kind: 'type', text: '' });
  });

  it.each(readdirSync(routes))('%s in recipes/routes is without fault', (file) => {
    const values = routeValues({ volume: 'Sample', version: '10.10.5', flags: '-v' });
    const route = parse(readFileSync(join(routes, file), 'utf8'), values);
    expect(file).toBe(`${route.name}.yaml`);
    expect(route.end?.exit).toBe(65);
  });

  it('matches nothing by chance where its values are empty, but what the loader has chosen', () => {
    const values = routeValues({ volume: '', version: '', flags: '' });
    const route = parse(readFileSync(join(routes, 'standin.yaml'), 'utf8'), values);
    expect(route.steps).toContainEqual({ kind: 'pick', pattern: '' });
  });
});

describe("Chameleon's routes", () => {
  const route = (file: string, asked: Partial<Parameters<typeof routeValues>[0]> = {}) =>
    parse(
      readFileSync(join(routes, file), 'utf8'),
      routeValues({ volume: 'Sample', version: '10.10.5', flags: '-v', ...asked }),
    );
  const matches = (file: string, milestone: string, line: string, asked = {}) => {
    const step = route(file, asked).steps.find((each) => 'name' in each && each.name === milestone);
    return step !== undefined && 'pattern' in step && (step.pattern as RegExp).test(line);
  };

  it.each(['chameleon.yaml', 'chameleon-gui.yaml'])('%s knows what its revisions write', (file) => {
    for (const banner of [
      'Darwin/x86 boot v5.0.132 - Chameleon v2.0-RC5 r1234',
      'Darwin/x86 boot v5.0.132 - Chameleon v2.3svn r2534',
      'Darwin/x86 boot v5.0.132 - Chameleon r2904',
    ])
      expect(matches(file, 'loader', banner)).toBe(true);
    for (const item of [
      ...['Sample', '(10.10) Sample', '(10.10.5) Sample', '(Installer 10.10) Sample', '(Installer) Sample'],
    ])
      expect(matches(file, 'volume', `    hd(0,2) ${item}`), item).toBe(true);
    for (const item of [
      'Other',
      '(10.10) Other',
      '(10.9) Sample',
      '() Sample',
      '(Installer 10.11) Sample',
      '(Installer) Other',
    ])
      expect(matches(file, 'volume', `    hd(0,2) ${item}`), item).toBe(false);
    for (const item of ['Sample', '(10.9) Sample', '() Sample'])
      expect(matches(file, 'volume', `    hd(0,2) ${item}`, { version: '' }), item).toBe(true);
    expect(matches(file, 'prompt', 'boot:')).toBe(true);
    expect(matches(file, 'flags', 'boot: -v')).toBe(true);
    expect(matches(file, 'flags', 'boot: -v -x')).toBe(false);
  });

  it('look at the first row of flags that go on in the next', () => {
    const flags = `-v debug=0x144 ${'long'.repeat(15)}=1 -x`;
    expect(matches('chameleon.yaml', 'flags', `boot: ${flags}`.slice(0, 80).trimEnd(), { flags })).toBe(true);
  });
});

describe('the faults of a route', () => {
  it('are all shown at once, each with its line', () => {
    const message = faultsOf(
      `${head}${[
        "  - { see: { scren: 'boot:' } }",
        '  - { press: retn }',
        '  - { type: Größe }',
        "  - { see: { screen: '/(/' } }",
        '  - { see: { screen: a, console: b } }',
        '  - { press: ret, type: -v }',
        '  - { press: ret, as: enter }',
        "  - { pick: '${volumes}' }",
        "  - { pick: '${volume' }",
        '  - {}',
        '  - wait',
      ].join('\n')}\nend: { exit: 0 }\n`,
      { volume: 'x' },
    );
    const places = Array.from(message.matchAll(/^my-route\.yaml:(\d+):\d+ {2}(\S+)$/gm), (match) =>
      match.slice(1).join(' '),
    );
    expect(places).toEqual([
      '4 bad-value',
      '4 unknown-key',
      '5 bad-value',
      '6 bad-value',
      '7 bad-value',
      '8 bad-value',
      '9 bad-value',
      '10 bad-value',
      '11 unknown-reference',
      '12 bad-reference',
      '13 bad-value',
      '14 wrong-type',
      '15 wrong-type',
    ]);
    expect(message).toContain('There is no key "retn".\nhint: Did you mean "ret"?');
    expect(faultsOf(`${head}  - { press: enter }\n`)).toContain("They have QEMU's names: ret,");
    expect(message).toContain('"ö" cannot be typed on the US layout.');
    expect(message).toContain('There is no value "volumes".\nhint: Did you mean "volume"?');
    expect(message).toContain('A step has one of see, type, press, pick, picture, not 2.');
    expect(message).toContain('  5 |   - { press: retn }\n    |              ^^^^');
  });

  it.each([
    ['nothing', '', /The file holds no value/],
    ['no steps', 'route: a\nsummary: b\nsteps: []\n', /must not be empty/],
    ['no route', 'steps:\n  - { press: ret }\n', /needs the key "route"/],
    ['broken YAML', 'route: [', /yaml-syntax/],
    ['a megabyte', ' '.repeat((1 << 20) + 1), /at most 1048576 are read/],
    ['deep nesting', `${head}  - ${'['.repeat(5000)}`, /nesting is too deep/],
  ])('with %s are told', (_what, text, message) => {
    expect(faultsOf(text)).toMatch(message);
  });

  it('never are an exception of another kind', () => {
    const word = fc.constantFrom(
      'see',
      'type',
      'press',
      'pick',
      'picture',
      'as',
      'screen',
      'end',
      '/(/',
      '${x}',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(word, tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), value, (steps, end) => {
        const text = JSON.stringify({ route: 'a', summary: 'b', steps, end });
        try {
          parse(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Failure', code: 'bad-route' });
        }
      }),
    );
  });
});

describe('keysOf', () => {
  it('knows every printable character of ASCII by keys of its own', () => {
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const keys = printable.map((character) => keysOf(character)?.join('-'));
    expect(new Set(keys).size).toBe(95);
    expect(keys).not.toContain(undefined);
  });

  it('knows none for others', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), (character) => {
        fc.pre(!/^[\t\n\x20-\x7e]$/.test(character));
        expect(keysOf(character)).toBeUndefined();
      }),
    );
  });
});
