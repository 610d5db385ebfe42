/** The floors of docs/architecture.md, low to high, one folder each: a file imports from its own folder or from below. */
const floors = [
  'base',
  'text',
  'formats',
  'yaml',
  'step',
  'host',
  'threads',
  'store',
  'archive',
  'sources',
  'vm',
  'guest',
  'route',
  'link',
  'image',
  'difference',
  'recipe',
  'installer',
  'disk',
  'provenance',
  'cache',
  'registry',
  'engine',
  'workers',
  'up-to-date',
  'report',
  'cli',
];

/** The same within a folder that has floors of its own. */
const within = {
  'src/recipe': ['files', 'project', 'plan'],
  'src/image': ['open', 'decode', 'package', '(create|edit|extract)'],
  'src/formats/hfsplus/write': ['blocks', 'model', 'layout'],
  'src/formats/hfsplus/check': ['trees', 'blocks', 'records'],
  'src/vm': ['process', 'watch', 'screen'],
  'src/cli': ['reporters', 'sources', 'commands'],
  'src/sources': ['(apt|http|checkout)', 'lock'],
  'src/host': ['programs', '(namespaces|kernel|osk)', 'kvm'],
  'src/store': ['sessions', 'blobs', 'actions', 'trees'],
  'src/engine': [
    'script',
    'sources',
    'runs',
    'team',
    'step',
    'products',
    'preconditions',
    'rebuild',
    'trace',
    'bundle',
  ],
  'src/registry': ['remote', 'packs', 'product'],
  'src/workers': ['redis', 'job', '(coordinator|worker)'],
};

const inner = Object.entries(within).flatMap(([folder, rooms]) =>
  rooms.slice(0, -1).map((room, floor) => ({
    name: `${folder.replace(/^src./, '')}-${room}-imports-from-below`,
    severity: 'error',
    from: { path: `^${folder}/${room}/` },
    to: { path: `^${folder}/(${rooms.slice(floor + 1).join('|')})/` },
  })),
);

const rules = floors.slice(0, -1).map((folder, floor) => ({
  name: `${folder}-imports-from-below`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: `^src/(${floors.slice(floor + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...rules,
    ...inner,
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
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['cidermill-source', 'import', 'node', 'default'],
    },
  },
};
