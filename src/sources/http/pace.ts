import { Failure } from '../../base/index.ts';
import { shownUrl } from './http-failure.ts';

/** Bytes a second; a server that gives less is as good as one that gives nothing. */
const slowest = 1024;

/** Counts what comes. @throws Failure when it was too little within a window, which another try may mend */
export function paceChecker(url: string, window: number): (bytes: number) => void {
  let since = performance.now();
  let got = 0;
  return (bytes) => {
    got += bytes;
    const passed = performance.now() - since;
    if (passed < window) return;
    if (got < (slowest * passed) / 1000) {
      const seconds = Math.round(passed / 1000);
      throw new Failure('fetch-failed', `${shownUrl(url)} is too slow: ${got} bytes came in ${seconds} s`, {
        temporary: true,
      });
    }
    since = performance.now();
    got = 0;
  };
}
