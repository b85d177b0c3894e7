// Jobs one after another, in the order in which they were asked for.

export interface JobQueue<J> {
  add(id: string, job: J): void;
  /** Drops a job that waits, at once; tells the one that runs to stop. Others are unknown, and nothing happens. */
  cancel(id: string): void;
}

/** `run` must not reject; `onDropped` hears of each job that was cancelled before it began, which then never does. */
export function jobQueue<J>(
  run: (id: string, job: J, signal: AbortSignal) => Promise<void>,
  onDropped: (id: string) => void,
): JobQueue<J> {
  const open = new Map<string, AbortController>();
  let running: AbortController | undefined;
  let last: Promise<void> = Promise.resolve();
  const begin = async (id: string, job: J, controller: AbortController): Promise<void> => {
    // Dropped while it waited.
    if (controller.signal.aborted) return;
    running = controller;
    try {
      await run(id, job, controller.signal);
    } finally {
      running = undefined;
      // Its id may have been asked for again meanwhile.
      if (open.get(id) === controller) open.delete(id);
    }
  };
  return {
    add(id, job) {
      const controller = new AbortController();
      open.set(id, controller);
      last = last.then(() => begin(id, job, controller));
    },
    cancel(id) {
      const controller = open.get(id);
      controller?.abort();
      if (!controller || controller === running) return;
      open.delete(id);
      onDropped(id);
    },
  };
}
