import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Failure, sha256 } from '../../base/index.ts';
import type { Statement } from '../../provenance/index.ts';
import { paperFiles, type Plan, type Product } from '../../recipe/index.ts';
import type { Part } from '../../registry/index.ts';
import { makePlan, type PlanOptions } from '../plan-options.ts';
import { refuseDrifted, wasDrifted } from '../sources/refuse-drifted.ts';
import type { Workspace } from '../workspace.ts';

type FilePart = Extract<Part, { readonly kind: 'file' }>;

/** A product that may be pushed, with all that it says of itself. */
export interface Pushable {
  readonly name: string;
  readonly folder: string;
  /** Papers that were made for it beside those that it has. */
  readonly added: readonly FilePart[];
  /** Path → digest, as its papers have it. */
  readonly stated: ReadonlyMap<string, string>;
  /** The step that it has passed, or "none". */
  readonly gate: string;
  /** What it holds of the user's own installers and disks, by the names of inputs; undefined when nobody knows. */
  readonly ofUser: readonly string[] | undefined;
}

/**
 * Finds what a user wants to push: a product of the project by its name, or any folder.
 * @param scratch where papers are written that the product lacks
 * @throws Failure 'unknown-product', 'drifted', and 'no-gate' when its pipeline names a gate that it has no proof of
 */
export async function findPushable(
  workspace: Workspace,
  text: string,
  options: PlanOptions,
  scratch: string,
): Promise<Pushable> {
  const published = join(workspace.artifacts, text);
  const place = /^[\w.-]+$/.test(text) && existsSync(published) ? published : resolve(text);
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Failure('unknown-product', `there is no product and no folder ${text}`, {
      hint: 'Products are in artifacts/ after `cidermill run`.',
    });
  const [name, folder] = [basename(place), realpathSync(place)];
  const own = resolve(place) === published || lstatSync(place).isSymbolicLink();
  const product = own ? productOfProject(workspace, name, options) : undefined;
  if (product !== undefined) await refuseDrifted(workspace, product.plan, options, 'pushes');
  const added: FilePart[] = [];
  const paper = async (kind: 'provenance' | 'test-result', make: () => Promise<Statement>): Promise<void> => {
    const path = paperFiles[kind];
    if (existsSync(join(folder, path))) return;
    const file = join(scratch, path);
    const text_ = `${JSON.stringify(await make(), null, 2)}\n`;
    await writeFile(file, text_);
    added.push({ kind: 'file', path, file, size: Buffer.byteLength(text_), executable: false });
  };
  if (product !== undefined) {
    const { gateStatementOf, provenanceOf } = await import('../artifact.ts');
    await paper('provenance', () => provenanceOf(workspace, name, options));
    if (product.product.gate !== undefined)
      await paper('test-result', () => gateStatementOf(workspace, name, options));
  }
  const fileOf = (path: string): string =>
    added.find((each) => each.path === path)?.file ?? join(folder, path);
  if (options.drifted !== true) await refuseDriftedPapers(name, fileOf(paperFiles.provenance));
  const stated = await statedDigests(fileOf);
  const gate = await gateIn(fileOf(paperFiles['test-result']), product?.product.gate);
  return {
    name,
    folder,
    added,
    stated,
    gate,
    ofUser: await usersOwn(workspace, fileOf(paperFiles.provenance)),
  };
}

/**
 * Signs a product's papers, beside which the signatures are pushed.
 * @throws Failure 'no-file' when it has none, 'cannot-sign'
 */
export async function signPapers(
  { folder, added }: Pushable,
  key: string,
  scratch: string,
): Promise<readonly FilePart[]> {
  const { signFile } = await import('../../provenance/index.ts');
  const signatures: FilePart[] = [];
  for (const path of [paperFiles.provenance, paperFiles['test-result']]) {
    const copy = join(scratch, path);
    if (!added.some((each) => each.path === path)) {
      if (!existsSync(join(folder, path))) continue;
      await copyFile(join(folder, path), copy);
    }
    const file = await signFile(copy, resolve(key));
    const { size } = statSync(file);
    signatures.push({ kind: 'file', path: `${path}.sig`, file, size, executable: false });
  }
  if (signatures.length > 0) return signatures;
  throw new Failure('no-file', 'the product has no papers to sign', {
    hint: 'Products of a project have provenance: give its name.',
  });
}

function productOfProject(
  workspace: Workspace,
  name: string,
  options: PlanOptions,
): { readonly plan: Plan; readonly product: Product } | undefined {
  try {
    const { plan } = makePlan(workspace, name, options);
    const product = plan.products.find((each) => each.name === name);
    return product && { plan, product };
  } catch (error) {
    if (error instanceof Failure && error.code === 'unknown-pipeline') return undefined;
    throw error;
  }
}

/** @throws Failure 'altered' when two papers say different things of a file */
async function statedDigests(fileOf: (path: string) => string): Promise<ReadonlyMap<string, string>> {
  const { readStatement } = await import('../../provenance/index.ts');
  const stated = new Map<string, string>();
  const state = (path: string, digest: string): void => {
    const other = stated.get(path);
    if (other !== undefined && other !== digest)
      throw new Failure('altered', `the papers of the product differ about ${path}`);
    stated.set(path, digest);
  };
  for (const kind of ['provenance', 'test-result'] as const) {
    const file = fileOf(paperFiles[kind]);
    if (!existsSync(file)) continue;
    for (const { name, digest } of (await readStatement(file)).subjects) state(name, digest.sha256);
  }
  const sums = fileOf(paperFiles.checksums);
  if (existsSync(sums))
    for (const line of (await readFile(sums, 'utf8')).split('\n')) {
      const [, digest = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      if (path !== '') state(path, digest);
    }
  return stated;
}

/** What a product says of itself counts, wherever it lies and whatever is pinned now. @throws Failure 'drifted' */
async function refuseDriftedPapers(name: string, provenance: string): Promise<void> {
  const { readStatement } = await import('../../provenance/index.ts');
  if (!existsSync(provenance)) return;
  const { predicate } = await readStatement(provenance);
  const { buildDefinition } = predicate as {
    readonly buildDefinition?: { readonly internalParameters?: { readonly drifted?: unknown } };
  };
  const changes = buildDefinition?.internalParameters?.drifted;
  if (Array.isArray(changes) && changes.length > 0) throw wasDrifted(name, changes.map(String), 'pushes');
}

/** What a test result says was passed. @throws Failure 'no-gate' when the gate's proof is missing */
async function gateIn(file: string, gate: string | undefined): Promise<string> {
  const { readStatement } = await import('../../provenance/index.ts');
  const statement = existsSync(file) ? await readStatement(file) : undefined;
  const { result, passedTests } = (statement?.predicate ?? {}) as Readonly<Record<string, unknown>>;
  const tests = Array.isArray(passedTests) ? passedTests.filter((each) => typeof each === 'string') : [];
  const steps = new Set(tests.map((test) => test.replace(/:.*$/s, '')));
  if (result !== 'PASSED' || steps.size === 0) {
    if (gate === undefined) return 'none';
    throw new Failure('no-gate', `the product has the gate ${gate}, and no proof that it was passed`);
  }
  if (gate !== undefined && !steps.has(gate))
    throw new Failure('no-gate', `the product has the gate ${gate}, and its test result is of another`);
  return [...steps].sort().join(', ');
}

/**
 * The files of the user's that a product was made from, by the statement of its provenance: all but routes, which are
 * files of the project.
 */
async function usersOwn(workspace: Workspace, provenance: string): Promise<readonly string[] | undefined> {
  const { readStatement } = await import('../../provenance/index.ts');
  if (!existsSync(provenance)) return undefined;
  const { predicate } = await readStatement(provenance);
  const { buildDefinition } = predicate as {
    readonly buildDefinition?: { readonly resolvedDependencies?: unknown };
  };
  const list = buildDefinition?.resolvedDependencies;
  if (!Array.isArray(list)) return undefined;
  const routes = routeDigests(workspace);
  const names = (
    list as { readonly uri?: unknown; readonly digest?: { readonly sha256?: string } }[]
  ).flatMap(({ uri, digest }) =>
    typeof uri === 'string' && uri.startsWith('user:') && !routes.has(digest?.sha256 ?? '')
      ? [uri.slice('user:'.length)]
      : [],
  );
  return [...new Set(names)].sort();
}

function routeDigests({ project }: Workspace): ReadonlySet<string> {
  const folders = [project.root, project.builtin].map((root) => join(root, 'recipes', 'routes'));
  return new Set(
    folders
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((file) => statSync(file).isFile())
      .map((file) => sha256(readFileSync(file))),
  );
}
