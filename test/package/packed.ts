import { execFileSync } from 'node:child_process';
import { packageRoot } from '../../src/host/index.ts';

/** What `npm pack` would put in, as paths relative to the package, without building it first. */
export function packedFiles(): Set<string> {
  const list = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(list) as [{ files: { path: string }[] }];
  return new Set(files.map(({ path }) => path));
}
