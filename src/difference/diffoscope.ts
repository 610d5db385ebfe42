import { spawn } from 'node:child_process';
import { findTool } from '../host/index.ts';

const milliseconds = 60_000;
const mostBytes = 1 << 20;

/**
 * What diffoscope says of two files, in lines; undefined where it is not installed. It disassembles: after a minute it
 * is ended, and what it has said by then counts.
 */
export async function diffoscope(
  stored: string,
  rebuilt: string,
  folder: string,
  mostLines: number,
): Promise<string[] | undefined> {
  const program = findTool('diffoscope');
  if (program === undefined) return undefined;
  const child = spawn(
    program,
    [
      '--no-progress',
      '--no-default-limits',
      '--max-text-report-size',
      String(mostBytes),
      '--text',
      '-',
      stored,
      rebuilt,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TMPDIR: folder, LC_ALL: 'C.UTF-8' } },
  );
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  const ended = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code !== null));
  });
  clearTimeout(timer);
  const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n').slice(2);
  const more = lines.length - mostLines;
  return [
    ...lines.slice(0, mostLines),
    ...(more > 0 ? [`and ${more} more lines`] : []),
    ...(ended ? [] : ['diffoscope was ended after a minute']),
  ];
}
