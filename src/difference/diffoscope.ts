import { findTool } from '../host/index.ts';
import { run } from '../host/programs/program.ts';

const milliseconds = 60_000;
const mostBytes = 1 << 20;

/**
 * What diffoscope says of two files, in lines; undefined where it is not installed. It disassembles: after a minute it
 * is stopped.
 */
export async function diffoscope(
  stored: string,
  rebuilt: string,
  folder: string,
  mostLines: number,
): Promise<string[] | undefined> {
  const program = findTool('diffoscope');
  if (program === undefined) return undefined;
  const args = [
    '--no-progress',
    '--no-default-limits',
    '--max-text-report-size',
    String(mostBytes),
    '--text',
    '-',
    stored,
    rebuilt,
  ];
  const environment = { TMPDIR: folder, LC_ALL: 'C.UTF-8' };
  const said = await run(program, args, { environment, timeout: milliseconds }).catch(() => undefined);
  if (said === undefined) return ['diffoscope did not end within a minute'];
  const lines = said.stdout.trimEnd().split('\n').slice(2);
  const more = lines.length - mostLines;
  return [...lines.slice(0, mostLines), ...(more > 0 ? [`and ${more} more lines`] : [])];
}
