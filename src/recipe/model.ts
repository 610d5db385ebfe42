import type { Place } from '../base/index.ts';
import type { Origin } from '../sources/origin.ts';
import type { ParameterValue } from '../step/protocol.ts';
import type { Located } from '../yaml/located.ts';
import type { YamlNode } from '../yaml/node.ts';
import type { Bounds } from './files/parameter/bounds.ts';
import type { Table } from './files/table-file.ts';

export type { Origin } from '../sources/origin.ts';

/** A parameter as a recipe or a pipeline declares it. */
export interface Parameter extends Place, Bounds {
  readonly name: string;
  readonly summary?: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'size' | 'choice' | 'list' | 'file';
  /** Of a choice. */
  readonly values?: readonly string[];
  /** Of a choice: what follows from each value. */
  readonly table?: Table;
  /** Absent: the user must give one. In a pipeline a string may hold references. */
  readonly default?: Located<ParameterValue>;
  /** Of a recipe's: the default as written, where it holds references to columns of tables. */
  readonly defaultTemplate?: YamlNode;
}

/** A source: origins in order of preference. Where they hold references: as the parameters' defaults make them. */
export interface Source extends Place {
  readonly name: string;
  readonly origins: readonly Located<Origin>[];
  /** The origins as written, where they hold references to parameters of the recipe. */
  readonly template?: YamlNode;
}

export type Environment =
  /** A pinned root filesystem: recipes/buildroots/NAME.yaml. */
  | {
      readonly kind: 'buildroot';
      readonly name: string;
      /** For `--environment host`: the host's tools that stand in for the buildroot. */
      readonly hostTools?: readonly string[];
    }
  /** The host's own tools; the versions of those named enter the cache key, unless any of them make the same bytes. */
  | { readonly kind: 'host'; readonly tools: readonly string[]; readonly versions?: 'any' }
  /** The script runs no commands. */
  | { readonly kind: 'none' };

/** What a step asks of the machine that makes it. */
export interface Needs {
  /** /dev/kvm, in the sandbox too. */
  readonly kvm: boolean;
  /** Free bytes on the disk of the store. */
  readonly disk: number;
}

export interface Recipe {
  readonly name: string;
  /** Relative to `root`. */
  readonly file: string;
  /** Absolute: the project (or the package's own recipes) this recipe belongs to. */
  readonly root: string;
  readonly summary: string;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Input name → its summary. */
  readonly inputs: ReadonlyMap<string, Located<string>>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly environment: Located<Environment>;
  /** The environment as written, where it holds references to parameters of the recipe. */
  readonly environmentTemplate?: YamlNode;
  readonly needs?: Needs;
  /** Relative to `root`. */
  readonly script: Located<string>;
  /** What the script reads or starts beside its imports, relative to the project's root. */
  readonly scriptFiles: Located<readonly string[]>;
  /** Relative to `root`: the script that is run before any step, to find early what would make this one fail. */
  readonly check?: Located<string>;
  /** Output name → path inside the artifact; a trailing "/" marks a directory. */
  readonly outputs: ReadonlyMap<string, Located<string>>;
  /** Output name → what it is, where the recipe says so. */
  readonly summaries: ReadonlyMap<string, string>;
  /** Of the outputs that two runs of the same action may make differently: output name → why. */
  readonly varies: ReadonlyMap<string, Located<string>>;
}

export interface Buildroot extends Place {
  readonly name: string;
  readonly summary: string;
  readonly distribution: 'debian';
  readonly suite: string;
  readonly packages: readonly string[];
}

/** What a step's input is bound to. */
export type Binding =
  | { readonly kind: 'output'; readonly step: string; readonly output: string }
  /** A file the user owns, absolute. */
  | { readonly kind: 'file'; readonly path: string };

/** A step with every parameter resolved and every input bound. */
export interface PlannedStep extends Place {
  readonly name: string;
  readonly recipe: Recipe;
  readonly parameters: ReadonlyMap<string, Located<ParameterValue>>;
  readonly inputs: ReadonlyMap<string, Located<Binding>>;
  /** The step that makes this step's buildroot, for environments of that kind. */
  readonly buildrootStep?: string;
  /** For the steps that make buildroots. */
  readonly buildroot?: Buildroot;
  /** Steps that must be done before: of the inputs, the buildroot. */
  readonly after: readonly string[];
}

export interface Product extends Place {
  readonly name: string;
  /** Entry name → the output it holds. */
  readonly from: ReadonlyMap<string, Located<Binding & { kind: 'output' }>>;
  /** The step that must have succeeded before the product is published. */
  readonly gate?: string;
  /** What it says of itself, in files beside. */
  readonly papers: readonly PaperKind[];
  /** Commands that a person may run next, with what they do. */
  readonly next: readonly string[];
}

/** What a product can say of itself. */
export const paperKinds = ['checksums', 'provenance', 'sbom', 'test-result', 'index'] as const;
export type PaperKind = (typeof paperKinds)[number];

/** What the papers are called beside a product's entries. */
export const paperFiles: Readonly<Record<PaperKind, string>> = {
  checksums: 'SHA256SUMS',
  provenance: 'provenance.json',
  sbom: 'sbom.cdx.json',
  'test-result': 'test-result.json',
  index: 'INDEX.md',
};

/** A parameter's value, or what a parameter of type file stands for. */
export type PlannedParameter = { readonly kind: 'value'; readonly value: ParameterValue } | Binding;

/** A pipeline with all references resolved: what the engine runs. Steps are in an order that respects `after`. */
export interface Plan {
  readonly pipeline: string;
  /** Every parameter of the pipeline as it is used; of a recipe that is run alone: its parameters and inputs. */
  readonly parameters: ReadonlyMap<string, PlannedParameter>;
  readonly summary: string;
  readonly root: string;
  readonly file: string;
  readonly steps: readonly PlannedStep[];
  readonly products: readonly Product[];
  /** The tables that choices of the pipeline and of its recipes are of. */
  readonly tables: readonly string[];
  /** Steps of the pipeline that nothing needs with these parameters, e.g. a sample when the user gave a file. */
  readonly unneeded: readonly string[];
}
