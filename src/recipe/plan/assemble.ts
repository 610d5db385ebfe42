import type { BoundStep } from './bind-step.ts';
import { makeBuildrootStep, type BuildrootStep } from './buildroot-step.ts';
import type { Buildroot, PlannedStep } from '../model.ts';
import { describeLoop, orderSteps, type Edge } from './order-steps.ts';
import type { Planning } from './planning.ts';
import { replaceSources } from './replace-sources.ts';
import { applyParameters } from '../files/recipe-template.ts';

/** How a plan is to be run, where that changes its steps. */
export interface PlanOptions {
  /** On the host's own tools: no buildroots are made. */
  readonly onHost?: boolean;
  /** "RECIPE.SOURCE" → a folder of the user's in place of what the recipe declares. */
  readonly sources?: Readonly<Record<string, string>>;
}

/**
 * Adds the steps that make buildroots and puts all in order.
 * @param written the steps that are without fault
 * @param wanted the steps to be run, with all that they need; undefined: all
 */
export function assembleSteps(
  planning: Planning,
  written: readonly BoundStep[],
  wanted: readonly string[] | undefined,
  { onHost = false, sources = {} }: PlanOptions,
): PlannedStep[] {
  const replace = replaceSources(planning, written, sources);
  const bound = written.map((step) => ({
    ...step,
    recipe: replace(applyParameters(step.recipe, step.parameters, planning.report)),
  }));
  const steps = new Map<string, BoundStep & { readonly buildroot?: Buildroot }>(
    bound.map((step) => [step.name, step]),
  );
  const buildroots = onHost ? new Map<string, BuildrootStep>() : makeBuildroots(planning, bound);
  for (const [name, step] of buildroots) {
    const own = steps.get(name);
    if (own !== undefined)
      planning.report(
        'name-conflict',
        own,
        `A step cannot have the name of the buildroot "${name}", which becomes a step too.`,
        undefined,
        { file: step.file, span: step.span, message: 'The buildroot is named here.' },
      );
    steps.set(name, step);
  }
  const edges = new Map<string, Edge[]>();
  for (const [name, step] of steps)
    edges.set(
      name,
      edgesOf(step, buildroots).filter(({ to }) => steps.has(to)),
    );

  const all = orderSteps([...steps.keys()], (name) => edges.get(name) ?? []);
  for (const loop of all.loops) {
    const [from = '', to] = loop.steps;
    const next = edges.get(from)?.find((edge) => edge.to === to);
    planning.report(
      'cycle',
      loop.place,
      `The steps need each other: ${describeLoop(loop.steps)}.`,
      undefined,
      next === undefined || next.place.span.start === loop.place.span.start
        ? undefined
        : { file: next.place.file, span: next.place.span, message: `${from} needs ${to ?? ''} here.` },
    );
  }
  // What is wanted, in the pipeline's own order: a product listed first does not move its steps to the front.
  const needed =
    wanted &&
    new Set(
      orderSteps(
        wanted.filter((name) => steps.has(name)),
        (name) => edges.get(name) ?? [],
      ).order,
    );
  const roots = bound.map(({ name }) => name).filter((name) => needed?.has(name) ?? true);
  return orderSteps(roots, (name) => edges.get(name) ?? []).order.flatMap((name): PlannedStep[] => {
    const step = steps.get(name);
    if (step === undefined) return [];
    const environment = step.recipe.environment.value;
    const own =
      environment.kind === 'buildroot' && buildroots.has(environment.name) ? environment.name : undefined;
    return [
      {
        ...step,
        ...(own === undefined ? {} : { buildrootStep: own }),
        after: [...new Set((edges.get(name) ?? []).map(({ to }) => to))],
      },
    ];
  });
}

function makeBuildroots(planning: Planning, bound: readonly BoundStep[]): Map<string, BuildrootStep> {
  const made = new Map<string, BuildrootStep>();
  const tried = new Set<string>();
  for (const { recipe } of bound) {
    const { value: environment, file, span } = recipe.environment;
    // Unknown ones are reported where they are named, in each recipe that does.
    if (environment.kind !== 'buildroot' || tried.has(`${environment.name} ${file}`)) continue;
    tried.add(`${environment.name} ${file}`);
    const step = makeBuildrootStep(planning, environment.name, { file, span });
    if (step !== undefined) made.set(environment.name, step);
  }
  return made;
}

/** The buildroot first: what a step runs in comes before what it is given. */
function edgesOf(step: BoundStep, buildroots: ReadonlyMap<string, BuildrootStep>): Edge[] {
  const environment = step.recipe.environment;
  const edges: Edge[] = [];
  if (environment.value.kind === 'buildroot' && buildroots.has(environment.value.name)) {
    edges.push({ to: environment.value.name, place: environment });
  }
  for (const input of step.inputs.values()) {
    if (input.value.kind === 'output') edges.push({ to: input.value.step, place: input });
  }
  return edges;
}
