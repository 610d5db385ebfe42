import { isAbsolute, join, resolve } from 'node:path';
import type { Place, SecondPlace } from '../../base/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import { columnOf } from '../files/column.ts';
import { evaluate } from '../files/evaluate.ts';
import { isFile } from '../project/project.ts';
import type { Binding, Recipe } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import type { DeclaredParameter } from '../files/parameter/shape.ts';
import { holdsReferences } from '../files/parameter/shape.ts';
import type { PipelineFile } from '../files/pipeline-file.ts';
import type { Planning } from './planning.ts';
import type { Resolved, Scope } from '../files/resolved.ts';
import { isWithin } from '../files/parameter/bounds.ts';
import { valueOfOverride } from './override.ts';
import { locate } from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';

/** Defaults that refer to defaults that refer to …: nobody needs more, and each takes a piece of the stack. */
const longestChain = 32;

/** @param recipeOf the recipe of a step of the pipeline; undefined when it is faulty, which is then reported elsewhere */
export function createScope(
  planning: Planning,
  pipeline: PipelineFile,
  recipeOf: (step: string) => Recipe | undefined,
): Scope {
  const { report, settings, project } = planning;
  const resolved = new Map<string, Resolved | undefined>();
  const chain: string[] = [];

  const scope: Scope = {
    resolve(reference, place) {
      const { name } = reference;
      const isParameter = pipeline.parameters.has(name);
      const table = pipeline.parameters.get(name)?.table;
      if (reference.output !== undefined && table !== undefined) {
        const chosen = circular(name, place) ? undefined : scope.parameter(name);
        return columnOf(
          table,
          chosen?.kind === 'value' ? chosen.value : undefined,
          reference.output,
          place,
          report,
        );
      }
      if (reference.output !== undefined) {
        if (isParameter && !pipeline.steps.has(name)) {
          report(
            'unknown-step',
            place,
            `"${name}" is a parameter, which has no outputs.`,
            `Write \${${name}}.`,
          );
          return undefined;
        }
      } else if (isParameter) {
        return circular(name, place) ? undefined : scope.parameter(name);
      } else if (!pipeline.steps.has(name)) {
        report('unknown-reference', place, `There is neither a parameter nor a step "${name}".`, () =>
          suggestOrList(
            name,
            [...pipeline.parameters.keys(), ...pipeline.steps.keys()],
            'parameters and steps',
          ),
        );
        return undefined;
      }
      const value = scope.output(reference, place);
      return value && { kind: 'binding', value };
    },

    output({ name, output }, place) {
      if (!pipeline.steps.has(name)) {
        report('unknown-step', place, `There is no step "${name}".`, () =>
          suggestOrList(name, pipeline.steps.keys(), 'steps'),
        );
        return undefined;
      }
      const recipe = recipeOf(name);
      if (recipe === undefined) return undefined;
      const outputs = [...recipe.outputs.keys()];
      const only = output ?? (outputs.length === 1 ? outputs[0] : undefined);
      if (only === undefined) {
        const choices = outputs.map((each) => `\${${name}.${each}}`).join(', ');
        report(
          'unknown-output',
          place,
          `The step ${name} has ${outputs.length} outputs.`,
          `Write one of ${choices}.`,
        );
        return undefined;
      }
      if (!recipe.outputs.has(only)) {
        report('unknown-output', place, `The recipe ${recipe.name} has no output "${only}".`, () =>
          suggestOrList(only, outputs, 'outputs'),
        );
        return undefined;
      }
      return locate({ kind: 'output', step: name, output: only }, place);
    },

    parameter(name) {
      if (resolved.has(name)) return resolved.get(name);
      const declared = pipeline.parameters.get(name);
      chain.push(name);
      const found = declared && effectiveValue(declared);
      chain.pop();
      resolved.set(name, found);
      return found;
    },
  };

  function effectiveValue(declared: DeclaredParameter): Resolved | undefined {
    const setting = settings.get(declared.name);
    if (setting !== undefined) {
      return userValue(declared, valueOfOverride(setting, declared, report), project.cwd);
    }
    const { defaultNode: node } = declared;
    if (node === undefined) {
      if (declared.needed)
        report(
          'missing-parameter',
          declared,
          `The parameter "${declared.name}" has no default and was not given.`,
          `Give it with --set ${declared.name}=${declared.type === 'file' ? 'FILE' : 'VALUE'}.`,
        );
      return undefined;
    }
    if (!holdsReferences(node)) return userValue(declared, declared.default, pipeline.root);
    const found = evaluate(node, declared, scope, report);
    if (found?.kind !== 'value') return found;
    return isWithin(found.value, declared, report)
      ? userValue(declared, found.value, pipeline.root)
      : undefined;
  }

  /** @param folder what a file's path is relative to */
  function userValue(
    { type }: DeclaredParameter,
    value: Located<ParameterValue> | undefined,
    folder: string,
  ): Resolved | undefined {
    if (value === undefined) return undefined;
    if (type !== 'file') return { kind: 'value', type, value };
    const binding = bindFile(String(value.value), value, folder, planning);
    return binding && { kind: 'binding', value: binding };
  }

  /** Is a parameter being resolved already, so that its default leads back to itself? */
  function circular(name: string, place: Place): boolean {
    const from = chain.indexOf(name);
    if (from === -1 && chain.length < longestChain) return false;
    const loop = from === -1 ? [...chain, name] : [...chain.slice(from), name];
    report(
      'cycle',
      place,
      `The defaults refer to each other: ${loop.join(' → ')}.`,
      'Give one of them a value.',
      beginOf(loop),
    );
    return true;
  }

  /** Where a loop of defaults begins; it is closed at the place itself. */
  function beginOf([first = '', second = '']: readonly string[]): SecondPlace | undefined {
    const node = pipeline.parameters.get(first)?.defaultNode;
    if (node === undefined || node.kind === 'broken' || first === second) return undefined;
    return { ...node.place, message: `The default of ${first} refers to ${second} here.` };
  }

  return scope;
}

/** In "Install OS X ….app". */
const installerImage = 'Contents/SharedSupport/InstallESD.dmg';

/** A file of the user's own; of an installer's application, its image. */
export function bindFile(
  path: string,
  place: Place,
  folder: string,
  { report }: Planning,
): Located<Binding> | undefined {
  const absolute = isAbsolute(path) ? path : resolve(folder, path);
  // An installer's application is a folder: what counts in it is one file.
  const image = join(absolute, installerImage);
  const file = absolute.endsWith('.app') && isFile(image) ? image : absolute;
  if (isFile(file)) return locate({ kind: 'file', path: file }, place);
  report(
    'missing-file',
    place,
    `There is no file ${path}.`,
    path === absolute ? undefined : `It was looked for at ${absolute}.`,
  );
  return undefined;
}
