import { formatBytes, formatDuration } from '../../text/format.ts';

/** A line on the terminal that says how far a single command is; nothing where standard error is not a terminal. */
export function showProgress(what: string): {
  readonly take: (done: number, total: number) => void;
  readonly end: () => void;
} {
  const { stderr } = process;
  const start = performance.now();
  let last = 0;
  if (!stderr.isTTY) return { take: () => undefined, end: () => undefined };
  return {
    take: (done, total) => {
      const now = performance.now();
      if (now - last < 100 || done === 0) return;
      last = now;
      const rate = (done / (now - start)) * 1000;
      const left = ((total - done) / rate) * 1000;
      const percent = Math.floor((done / total) * 100);
      stderr.write(`\r\u001b[K${what}  ${percent} %  ${formatBytes(rate)}/s  ${formatDuration(left)} left`);
    },
    end: () => void stderr.write('\r\u001b[K'),
  };
}

/** Shows a command's progress for as long as it acts. */
export async function withProgress<Result>(
  what: string,
  act: (onProgress: (done: number, total: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = showProgress(what);
  return act(progress.take).finally(progress.end);
}
