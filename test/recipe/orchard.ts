import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidError, renderDiagnostic } from '../../src/base/index.ts';
import { findProject, planNamed, type Overrides, type Plan, type Project } from '../../src/recipe/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** File → its text; null for one that is not to be there. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** A small project without fault: a tree is pressed into juice, juice is fermented; an empty glass is a sample. */
export const orchard = {
  'recipes/press.yaml': `recipe: press
summary: Apples to juice
parameters:
  flags: { type: list, default: [--fine, --slow] }
  force: { type: integer, default: 3 }
  cask: { type: size, default: 30G, summary: how much fits }
  kind: { type: choice, values: [sweet, sour], default: sweet }
  label: { type: string, default: plain }
  hot: { type: boolean, default: false }
inputs:
  apples: a file of apples
sources:
  mill: { debian: cider-mill@1.2-3, suite: trixie, or: https://example.org/mill-1.2.tar.gz }
environment: { buildroot: cellar }
script: scripts/press.ts
outputs:
  juice: juice.bin
  pomace: rest/pomace/
`,
  'recipes/ferment.yaml': `recipe: ferment
summary: Juice to cider
parameters:
  days: { type: integer, summary: how long }
inputs:
  juice: what press makes
environment: { buildroot: cellar }
script: scripts/ferment.ts
outputs:
  cider: cider.bin
`,
  'recipes/windfall.yaml': `recipe: windfall
summary: Apples that were lying about
environment: none
script: scripts/windfall.ts
outputs:
  apples: apples.bin
`,
  'recipes/buildroot.yaml': `recipe: buildroot
summary: A root filesystem
parameters:
  suite: { type: string }
  packages: { type: list }
environment: { host: [tar] }
script: scripts/buildroot.ts
outputs:
  root: root.tar
`,
  'recipes/buildroots/cellar.yaml': `buildroot: cellar
summary: Cool and dark
suite: bookworm
packages:
  - gcc
  - make
`,
  'pipelines/cider.yaml': `pipeline: cider
summary: From apples to cider
parameters:
  apples: { type: file, default: "\${windfall}" }
  cask: { type: size, default: 20G }
  days: { type: integer, default: 14 }
steps:
  windfall: { recipe: windfall }
  press: { recipe: press, with: { apples: "\${apples}", cask: "\${cask}", label: "cask of \${cask}" } }
  ferment: { recipe: ferment, with: { juice: "\${press.juice}", days: "\${days}" } }
  taste: { recipe: ferment, with: { juice: "\${press.juice}", days: 1 } }
products:
  cider:
    from: { cider: "\${ferment}" }
    gate: ferment
`,
  'scripts/press.ts': '',
  'scripts/ferment.ts': '',
  'scripts/windfall.ts': '',
  'scripts/buildroot.ts': '',
} as const satisfies Files;

export function layOut(files: Files): string {
  const root = freshFolder();
  for (const [file, text] of Object.entries(files)) {
    if (text === null) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** The orchard with some files changed, as a project of its own with nothing built in. */
export function openOrchard(changes: Files = {}): Project {
  const root = layOut({ ...orchard, ...changes });
  return findProject(root, root);
}

export function planOf(project: Project, name = 'cider', overrides: Overrides = {}): Plan {
  return planNamed(project, name, overrides);
}

/** What a user would read, the project's folder as <project>; an empty text when there is no fault. */
export function faultsOf(project: Project, name = 'cider', overrides: Overrides = {}): string {
  try {
    planNamed(project, name, overrides);
    return '';
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return render(error, project.root);
  }
}

export function render({ diagnostics, texts }: InvalidError, root: string): string {
  return diagnostics
    .map((diagnostic) => `${renderDiagnostic(diagnostic, (file) => texts.get(file))}\n`)
    .join('\n')
    .replaceAll(root, '<project>');
}
