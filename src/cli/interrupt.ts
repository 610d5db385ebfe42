/** An abort signal for Ctrl-C and its kin; a second one ends this process at once. */
export function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitInterrupted);
      controller.abort();
    });
  }
  return controller.signal;
}

const exitInterrupted = 130;
