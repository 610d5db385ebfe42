import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is made in `artifacts/` is not for version control. Written where nothing says so yet. */
export function ignoreArtifacts(artifacts: string): void {
  const path = join(artifacts, '.gitignore');
  if (existsSync(path)) return;
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(path, '# Made by cidermill; all of it can be made again.\n*\n');
}
