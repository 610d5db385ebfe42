/** The floors of docs/architecture.md: a file imports from its own floor's folders or from below, never from above. */
const floors = [
  ['base'],
  ['formats'],
  ['store', 'sources', 'host', 'step', 'guest', 'vm', 'archive'],
  ['link'],
  ['image', 'difference', 'recipe', 'smoke'],
  ['installer', 'disk'],
  ['engine', 'provenance'],
  ['cli'],
];

const above = (floor) => floors.slice(floor + 1).flat();

const rules = floors.slice(0, -1).map((folders, floor) => ({
  name: `floor-${floor}-imports-from-below`,
  severity: 'error',
  from: { path: `^src/(${folders.join('|')})/` },
  to: { path: `^src/(${above(floor).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...rules,
    {
      name: 'scripts-know-no-engine',
      comment: 'The engine starts scripts; it does not import them, nor they it.',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { path: '^src/(engine|cli|recipe|store|sources)/' },
    },
    {
      name: 'src-knows-no-scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(scripts|test|bench)/' },
    },
    {
      name: 'formats-do-no-io',
      comment: 'Formats read through a byte source.',
      severity: 'error',
      from: { path: '^src/(base|formats)/' },
      to: { path: '^(node:)?(fs|fs/promises|net|http|https|child_process)$' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['cidermill-source', 'import', 'node', 'default'] },
  },
};
