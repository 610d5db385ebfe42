import { basename } from 'node:path';
import { Failure } from '../../base/index.ts';
import { findTool, toolIdentity, toolVersion } from '../../host/index.ts';
import type { Action } from '../../store/index.ts';
import type { RunContext } from '../context.ts';

/** What a key has in the place of a tool's version that has no bearing on the bytes, as its recipe says. */
export const anyVersion = 'any version';

/** @returns its absolute path @throws Failure 'missing-tool' */
export function requireTool(name: string, step: string): string {
  const path = findTool(name);
  if (path !== undefined) return path;
  throw new Failure('missing-tool', `the step ${step} needs the program ${name}, which is not on this host`, {
    hint: `Install it; \`cidermill doctor\` names the package.`,
  });
}

/** The first line that a program says of its version, asked once for each file. @throws Failure 'missing-tool' */
export async function hostToolVersion(
  { facts }: Pick<RunContext, 'facts'>,
  name: string,
  step: string,
): Promise<string> {
  const path = requireTool(name, step);
  const identity = toolIdentity(path);
  const known = facts.get(identity);
  if (known !== undefined) return known;
  const version = toolVersion(path) || basename(identity);
  await facts.set(identity, version);
  return version;
}

/**
 * The versions that this host has of the tools whose versions are not in the action's key; undefined where all are.
 * @throws Failure 'missing-tool'
 */
export async function versionsBesideKey(
  context: Pick<RunContext, 'facts'>,
  { environment }: Pick<Action, 'environment'>,
  step: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (environment.kind !== 'host') return undefined;
  const names = Object.entries(environment.tools).flatMap(([name, version]) =>
    version === anyVersion ? [name] : [],
  );
  if (names.length === 0) return undefined;
  const versions: Record<string, string> = {};
  for (const name of names) versions[name] = await hostToolVersion(context, name, step);
  return versions;
}
