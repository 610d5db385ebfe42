import { Failure } from '../../base/index.ts';
import { perform, type Act } from './acts.ts';
import type { KvmPlan } from './load.ts';
import { removeRecord, writeRecord } from './record.ts';
import type { KernelWorld } from './world.ts';

/**
 * Does what a plan of `load` says. When something fails, what was loaded is removed and what was removed comes back.
 * @param folder of our modules; undefined when the kernel's own were asked for
 * @param onAct before each act
 * @throws Failure 'not-root', 'act-failed'
 */
export async function carryOutLoad(
  world: KernelWorld,
  plan: KvmPlan,
  folder: string | undefined,
  onAct: (act: Act) => void,
): Promise<void> {
  mustBeRoot(world);
  const done: Act[] = [];
  try {
    for (const act of plan.acts) {
      onAct(act);
      await perform(world, act);
      done.push(act);
    }
  } catch (error) {
    for (const act of undoing(done, plan)) {
      onAct(act);
      await perform(world, act).catch(() => undefined);
    }
    throw error;
  }
  if (folder !== undefined) writeRecord(world.root, { folder, previous: plan.previous });
}

export async function carryOutUnload(
  world: KernelWorld,
  plan: KvmPlan,
  onAct: (act: Act) => void,
): Promise<void> {
  mustBeRoot(world);
  for (const act of plan.acts) {
    onAct(act);
    await perform(world, act);
    // From the first removal on there is nothing left that a second `unload` could undo.
    removeRecord(world.root);
  }
}

/** The acts that bring the modules back as they were. */
function undoing(done: readonly Act[], { removed }: KvmPlan): Act[] {
  const programs = done.flatMap((act) => (act.kind === 'run' ? [act.command] : []));
  const inserted = programs.filter(([program]) => program === 'insmod').reverse();
  const gone = programs.filter(([program]) => program === 'rmmod').map(([, name]) => name ?? '');
  const back = removed.filter((name) => gone.includes(name) && (name !== 'kvm' || gone.length === 1));
  return [
    ...inserted.map(([, file = '']): Act => ({ kind: 'run', command: ['rmmod', file] })),
    ...back.map((name): Act => ({ kind: 'run', command: ['modprobe', name] })),
  ];
}

function mustBeRoot({ user }: KernelWorld): void {
  if (user === 0) return;
  throw new Failure('not-root', 'only root loads and removes modules', {
    hint: 'Run it with sudo; --dry-run shows what it would do.',
  });
}
