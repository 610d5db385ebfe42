import { isReference } from '../../registry/reference.ts';
import type { Overrides, Project } from '../../recipe/index.ts';

/**
 * Gives settings in which the file of a parameter may be the disk of a product in a registry: pulled once, as for `boot`.
 * @throws Failure when it cannot be pulled, or has no disk
 */
export async function withPulled(project: Project, set: Overrides, signal: AbortSignal): Promise<Overrides> {
  const pulled: Record<string, string> = {};
  for (const [name, value] of Object.entries(set)) {
    if (typeof value !== 'string' || !isReference(value)) continue;
    const { baseDisk, pullOnce } = await import('./pull-once.ts');
    pulled[name] = baseDisk(await pullOnce(project, value, {}, signal));
  }
  return { ...set, ...pulled };
}
