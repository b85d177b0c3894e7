// Ctrl-C and the other ways in which a process is asked to end.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A signal that is aborted by the first SIGINT (Ctrl-C), SIGTERM or SIGHUP, so that work can end in order; the second one
 * ends the process at once.
 */
export function interruptionSignal(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, abort);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, abort);
  return controller.signal;
}
