import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../src/host/index.ts';

/** The quickstart's steps, as `cidermill graph` draws them. */
export function pipelineGraph(): string {
  const args = [
    join(packageRoot, 'bin/cidermill.mjs'),
    '-C',
    packageRoot,
    'graph',
    'quickstart',
    '--format',
    'mermaid',
  ];
  return ['```mermaid', execFileSync(process.execPath, args, { encoding: 'utf8' }).trim(), '```'].join('\n');
}
