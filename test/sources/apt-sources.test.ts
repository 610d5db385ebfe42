import { describe, expect, test } from 'vitest';
import {
  parseDeb822Sources,
  parseOneLineSources,
  renderSources,
  sourcesForSuite,
} from '../../src/sources/apt/archives/apt-sources.ts';

const oneLine = `
# deb http://mirror.example/off bookworm main
deb http://mirror.example/debian bookworm main contrib # and a comment
deb-src [ arch=amd64 signed-by=/usr/share/keyrings/a.gpg trusted=yes ] http://mirror.example/debian/ bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/debian bookworm-backports main
deb http://tool.example/apt stable main
deb http://tool.example/apt tool-bookworm main
deb cdrom:[Debian]/ bookworm main
`;

const deb822 = `# a comment
Types: deb deb-src
URIs: http://a.example/debian http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

describe("the host's apt sources", () => {
  test('are read from the one-line form with how they are trusted', () => {
    const sources = parseOneLineSources(oneLine);
    expect(sources[0]).toEqual({
      uri: 'http://mirror.example/debian/',
      suite: 'bookworm',
      components: ['main', 'contrib'],
      options: new Map(),
    });
    expect([...(sources[1]?.options ?? [])]).toEqual([
      ['Signed-By', '/usr/share/keyrings/a.gpg'],
      ['Trusted', 'yes'],
    ]);
  });

  test('are read from the deb822 form, every address with every suite, keys in the text included', () => {
    const sources = parseDeb822Sources(deb822);
    expect(sources.map(({ uri, suite }) => `${uri} ${suite}`)).toEqual([
      'http://a.example/debian/ bookworm',
      'http://a.example/debian/ bookworm-updates',
      'http://b.example/debian/ bookworm',
      'http://b.example/debian/ bookworm-updates',
    ]);
    expect(renderSources(sources.slice(0, 1), 'source', 'amd64')).toBe(`Types: deb-src
URIs: http://a.example/debian/
Suites: bookworm
Components: main
Targets: Sources
Architectures: amd64
Signed-By: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
`);
  });

  test('are turned to another release, its updates and security along, without what is of another kind', () => {
    const turned = sourcesForSuite(parseOneLineSources(oneLine), 'trixie', 'bookworm');
    expect(turned.map(({ uri, suite }) => `${uri} ${suite}`)).toEqual([
      'http://mirror.example/debian/ trixie',
      'http://mirror.example/debian/ trixie',
      'http://mirror.example/debian-security/ trixie-security',
      'http://mirror.example/debian/ trixie-updates',
      'http://tool.example/apt/ trixie',
    ]);
  });

  test('stay as they are when no release is asked for', () => {
    const own = sourcesForSuite(parseOneLineSources(oneLine), undefined, 'bookworm');
    expect(new Set(own.map(({ suite }) => suite))).toEqual(
      new Set(['bookworm', 'bookworm-security', 'bookworm-updates', 'bookworm-backports', 'stable']),
    );
  });
});
