import { installCommand, installPackages, installPrivilege, type Check } from '../../host/index.ts';

const aptMend = /^apt-get install (\S+)$/;

/**
 * Does what mends a check and can harm nothing: missing host packages are installed. Each act is said before it is
 * done, and so is what is left to the user.
 * @param say takes one line for the user
 * @returns whether anything was done
 * @throws Failure 'install-failed'
 */
export async function fixChecks(checks: readonly Check[], say: (line: string) => void): Promise<boolean> {
  const packages = [...new Set(checks.flatMap(({ mend }) => aptMend.exec(mend ?? '')?.[1] ?? []))];
  if (packages.length > 0) {
    say(`doing: ${installCommand(packages)}`);
    await installPackages(packages, installPrivilege(process.stdin.isTTY));
  }
  const left = checks.filter(
    ({ state, mend }) => state !== 'ok' && mend !== undefined && !aptMend.test(mend),
  );
  for (const { name, mend = '' } of left) say(`yours to do: ${name}: ${mend}`);
  return packages.length > 0;
}
