import {
  diskSpace,
  findTool,
  noSpace,
  installCommand,
  namespaceMend,
  packageOf,
  readHostFacts,
  readNamespaceLimits,
  sandboxFault,
  storeHint,
} from '../../host/index.ts';
import type { Needs, PlannedStep } from '../../recipe/index.ts';
import type { RunContext } from '../context.ts';
import type { Preview } from '../preview.ts';
import { runCheck } from './check-script.ts';
import type { Finding } from './finding.ts';
import { checkGivenFiles } from './given-files.ts';
import { lackingBytes, leastBytes } from '../sources/room.ts';
import { toolsOf } from './step-tools.ts';

export type PreconditionContext = Pick<RunContext, 'store' | 'plan' | 'sources' | 'onHost' | 'signal'>;

/**
 * Looks for what would make the steps that are to run fail, as far as it can be known before any of them: the host's
 * programs and namespaces, free space, the user's files, and what the recipes' own checks find.
 * @param previews what a run would do with each step
 * @param isHere is a step made on this host?
 */
export async function findPreconditions(
  context: PreconditionContext,
  previews: readonly Preview[],
  isHere: (step: PlannedStep) => boolean = () => true,
): Promise<Finding[]> {
  const waiting = context.plan.steps.filter((step) => willRun(previews, step) && isHere(step));
  if (waiting.length === 0) return [];
  const checks = await Promise.all(waiting.map((step) => runCheck(context, step)));
  return [
    ...checkTools(context, waiting),
    ...checkSandbox(context, waiting),
    ...checkRoom(context, waiting),
    ...checkNeeds(context, waiting),
    ...checkGivenFiles(waiting),
    ...checks.flat(),
  ];
}

/** One that is cached, or will be unless another output comes out before it, needs nothing. */
function willRun(previews: readonly Preview[], { name }: PlannedStep): boolean {
  const verdict = previews.find(({ step }) => step === name)?.verdict;
  return verdict === 'run' || verdict === 'unknown';
}

function checkTools({ onHost }: PreconditionContext, waiting: readonly PlannedStep[]): Finding[] {
  const users = new Map<string, string[]>();
  for (const step of waiting)
    for (const tool of new Set(toolsOf(step, onHost)))
      users.set(tool, [...(users.get(tool) ?? []), step.name]);
  return [...users].flatMap(([tool, steps]): Finding[] =>
    findTool(tool) !== undefined
      ? []
      : [
          {
            state: 'fault',
            what: tool,
            message: `the program ${tool} is not on this host`,
            hint: installCommand([packageOf(tool)]),
            steps,
          },
        ],
  );
}

function checkSandbox({ onHost }: PreconditionContext, waiting: readonly PlannedStep[]): Finding[] {
  const steps = waiting.filter(({ recipe }) => recipe.environment.value.kind !== 'host' && !onHost);
  const fault = steps.length === 0 || findTool('bwrap') === undefined ? undefined : sandboxFault();
  if (fault === undefined) return [];
  return [
    {
      state: 'fault',
      what: 'user namespaces',
      message: `steps cannot be sandboxed here: ${fault}`,
      hint: `${namespaceMend(readNamespaceLimits())}\nOr build with this host's own tools: --environment host`,
      steps: names(steps),
    },
  ];
}

function checkRoom({ store, sources }: PreconditionContext, waiting: readonly PlannedStep[]): Finding[] {
  const least = leastBytes(store, waiting, sources);
  if (lackingBytes(store, least) === 0) return [];
  const { message, hint } = noSpace(store.root, { needed: least, hint: storeHint });
  return [
    {
      state: 'fault',
      what: 'disk space',
      message,
      ...(hint === undefined ? {} : { hint }),
      steps: names(waiting),
    },
  ];
}

/** What recipes say that their machine must have. */
function checkNeeds({ store, onHost }: PreconditionContext, waiting: readonly PlannedStep[]): Finding[] {
  const needing = (needs: (each: Needs) => boolean): string[] =>
    names(waiting.filter(({ recipe }) => recipe.needs !== undefined && needs(recipe.needs)));
  const free = diskSpace(store.root)?.free ?? Infinity;
  const small = needing(({ disk }) => disk > free);
  const { kvmDevice } = readHostFacts();
  const lacking = kvmDevice === 'usable' || onHost ? [] : needing(({ kvm }) => kvm);
  return [
    ...(small.length === 0
      ? []
      : [
          {
            ...fault,
            what: 'disk space',
            message: 'there is less free space than its recipe needs',
            hint: storeHint,
            steps: small,
          },
        ]),
    ...(lacking.length === 0
      ? []
      : [
          {
            ...fault,
            what: '/dev/kvm',
            message: `KVM cannot be used: /dev/kvm is ${kvmDevice}`,
            hint: 'Have it made by a worker that has KVM (docs/workers.md).',
            steps: lacking,
          },
        ]),
  ];
}

const fault = { state: 'fault' } as const;

function names(steps: readonly PlannedStep[]): string[] {
  return steps.map(({ name }) => name);
}
