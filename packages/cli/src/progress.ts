// A bar on stderr while the network works.

import { SingleBar } from 'cli-progress';
import type { Io } from './io.js';

export interface Progress {
  /** Work done so far, of the total, and what is being done. */
  update(done: number, task: string): void;
  stop(): void;
}

/** A bar of `total` units; silent where stderr is no terminal. */
export function progressBar(io: Io, total: number, task: string): Progress {
  const bar = new SingleBar({
    stream: io.stderr,
    format: '{task} {bar} {percentage}% {eta_formatted}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 28,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 20,
    // The bar is painted by hand: a timer would find no room while the processor computes.
    forceRedraw: true,
  });
  bar.start(total, 0, { task });
  return {
    update: (done, now) => bar.update(Math.min(done, total), { task: now }),
    stop: () => bar.stop(),
  };
}
