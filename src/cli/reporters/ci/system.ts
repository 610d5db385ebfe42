/** A CI system whose log folds, and that shows faults at their lines. */
export type CiSystem = 'github' | 'gitlab';

/** The CI system that this process runs in, by the variable that each sets in its jobs. */
export function ciSystem(env: NodeJS.ProcessEnv): CiSystem | undefined {
  if (env['GITHUB_ACTIONS'] === 'true') return 'github';
  if (env['GITLAB_CI'] === 'true') return 'gitlab';
  return undefined;
}

/** Absolute: the checkout, which the paths of annotations are relative to; undefined where the system does not say. */
export function checkoutFolder(env: NodeJS.ProcessEnv): string | undefined {
  const named = env['GITHUB_WORKSPACE'] ?? env['CI_PROJECT_DIR'];
  return named === undefined || named === '' ? undefined : named;
}
