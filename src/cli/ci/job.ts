import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { toolsOf } from '../../engine/preconditions/step-tools.ts';
import { packageOf, version } from '../../host/index.ts';
import type { Plan, Project } from '../../recipe/index.ts';

/** What a job's file is made from. Nothing in it depends on the host, so that the same project makes the same file. */
export interface Job {
  /** The pipeline or recipe. */
  readonly name: string;
  readonly products: readonly string[];
  /** Words of the command line after `run NAME`, for a shell. */
  readonly options: string;
  /** Debian packages of the programs that run on the host. */
  readonly packages: readonly string[];
  /** The project's folder below the checkout; empty where it is the checkout. */
  readonly folder: string;
  /** What brings cidermill itself. */
  readonly install: string;
  /** Is there a package-lock.json, for npm's own cache? */
  readonly locked: boolean;
  /** What the file is written by. */
  readonly writtenBy: string;
  /** Prepare the host: packages, namespaces, KVM. */
  readonly setup: boolean;
}

/** @param writtenBy the command that writes the file, for its first line */
export function jobOf(
  plan: Plan,
  project: Project,
  { onHost, ...given }: Pick<Job, 'options' | 'setup' | 'writtenBy'> & { readonly onHost: boolean },
): Job {
  const locked = existsSync(join(project.root, 'package-lock.json'));
  const own = existsSync(join(project.root, 'package.json'));
  return {
    name: plan.pipeline,
    products: plan.products.map(({ name }) => name),
    packages: packagesOf(plan, onHost),
    folder: relative(checkoutOf(project.root), project.root).split(sep).join('/'),
    install: locked ? 'npm ci' : own ? 'npm install' : `npm install --no-save cidermill@${version()}`,
    locked,
    ...given,
  };
}

/** Every Debian and every Ubuntu has them. */
const essential = new Set(['apt', 'dpkg', 'tar', 'util-linux']);

/** Of the programs that the steps start on the host, for an ordinary user and for root. */
function packagesOf(plan: Plan, onHost: boolean): string[] {
  const tools = plan.steps.flatMap((step) => toolsOf(step, onHost));
  // What makes a buildroot depends on who runs it; both are small.
  const roots = plan.steps.some(({ buildroot }) => buildroot !== undefined)
    ? ['newuidmap', 'fakechroot']
    : [];
  return [...new Set([...tools, ...roots].map(packageOf))].filter((name) => !essential.has(name)).sort();
}

/** The nearest folder at or above one that git knows as a checkout; the folder itself where none is. */
function checkoutOf(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return root;
  }
}
