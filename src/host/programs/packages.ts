import table from './host-tools.json' with { type: 'json' };

/** A program that cidermill starts, the Debian package that has it, and what it is for. */
export interface HostTool {
  readonly tool: string;
  readonly debian: string;
  readonly purpose: string;
}

/**
 * Everything a run may start on the host; `doctor` lists them, recipes' `host:` lists and source kinds ask for them. The
 * table is JSON because bin/setup.mjs reads it before anything is built.
 */
export const hostTools: readonly HostTool[] = table;

/** The Debian package that has a program; its own name where the table does not know it. */
export function packageOf(tool: string): string {
  return hostTools.find((entry) => entry.tool === tool)?.debian ?? tool;
}

/** What a program is for; undefined where the table does not know it. */
export function toolPurpose(tool: string): string | undefined {
  return hostTools.find((entry) => entry.tool === tool)?.purpose;
}
