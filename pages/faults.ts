import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, InvalidError } from '../src/base/index.ts';
import { renderInvalid } from '../src/cli/errors/errors.ts';
import { packageRoot } from '../src/host/index.ts';
import { findProject, planNamed } from '../src/recipe/index.ts';
import { parseRoute } from '../src/route/index.ts';

/** What is said of a pipeline that gives a recipe a parameter which it does not have. */
export function pipelineFault(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-fault-'));
  try {
    mkdirSync(join(folder, 'pipelines'));
    writeFileSync(
      join(folder, 'pipelines/cider.yaml'),
      `pipeline: cider
summary: Firmware and QEMU

steps:
  seabios: { recipe: seabios }
  qemu-programs: { recipe: qemu-programs }
  qemu:
    recipe: qemu
    with: { programs: '\${qemu-programs}', bois: '\${seabios.bios}' }
`,
    );
    return fenced(thrownBy(() => planNamed(findProject(folder, packageRoot), 'cider')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is said of a route with a key that no keyboard has. */
export function routeFault(): string {
  const route = `route: my-route
summary: Through my loader

steps:
  - { see: { screen: 'boot:' } }
  - { type: '-v' }
  - { press: retn }
`;
  return fenced(thrownBy(() => parseRoute(route, 'my-route.yaml', {})));
}

function thrownBy(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InvalidError) return renderInvalid(error);
    if (error instanceof Failure) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

const fenced = (text: string): string => ['```text', text.trim(), '```'].join('\n');
