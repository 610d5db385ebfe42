import { hostTools } from '../src/host/index.ts';

/** The programs of docs/hosts.md. */
export function hostToolsTable(): string {
  const rows = hostTools.map(({ tool, debian, purpose }) => `| \`${tool}\` | ${debian} | ${purpose} |`);
  return ['| program | package | for |', '| --- | --- | --- |', ...rows].join('\n');
}
