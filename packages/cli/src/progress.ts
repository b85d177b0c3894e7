// Progress on stderr while the network works.

import type { DownloadProgress } from '@spatiallock/node';
import { SingleBar } from 'cli-progress';
import { type Io, note } from './io.js';

export interface Progress {
  /** Work done so far, of the total, and what is being done. */
  update(done: number, task: string): void;
  /** Another total, where the work is known only after it has begun. */
  retotal(total: number): void;
  /** Makes room for a line of output; the next update shows it again. */
  pause(): void;
  stop(): void;
}

/** Progress through `total` units, as `io.progress` says; silent where that is absent or with `--quiet`. */
export function progressBar(io: Io, total: number, task: string): Progress {
  if (io.quiet || io.progress === undefined) return silent;
  return io.progress === 'bar' ? bar(io, total, task) : lines(io, total, task);
}

const nothing = (): void => undefined;
const silent: Progress = { update: nothing, retotal: nothing, pause: nothing, stop: nothing };

function bar({ stderr }: Io, expected: number, task: string): Progress {
  let total = expected;
  const drawn = new SingleBar({
    stream: stderr,
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
  let shown = true;
  drawn.start(total, 0, { task });
  const hide = (): void => {
    if (shown) drawn.stop();
    shown = false;
  };
  return {
    update(done, now) {
      if (!shown) drawn.start(total, 0, { task: now });
      shown = true;
      drawn.update(Math.min(done, total), { task: now });
    },
    retotal(now) {
      total = now;
      drawn.setTotal(now);
    },
    pause: hide,
    stop: hide,
  };
}

/** Percents between two lines. */
const EVERY = 10;

/** For logs: a line for each kind of work, named by its first word, and for each tenth of the whole. */
function lines({ stderr }: Io, expected: number, task: string): Progress {
  let total = expected;
  let [lastKind, lastTenth] = ['', -1];
  const update = (done: number, now: string): void => {
    const percent = total > 0 ? Math.floor((100 * Math.min(done, total)) / total) : 0;
    const [kind, tenth] = [now.split(/[\s,]/, 1)[0] ?? '', Math.floor(percent / EVERY)];
    if (kind === lastKind && tenth === lastTenth) return;
    [lastKind, lastTenth] = [kind, tenth];
    stderr.write(`${now} ${percent} %\n`);
  };
  update(0, task);
  const retotal = (now: number): void => {
    total = now;
  };
  return { ...silent, update, retotal };
}

const MEGABYTE = 1e6;

/** Listeners of loading: a download has a bar of its own, in bytes, in the place of the command's. */
export function loadingListeners(io: Io, main: Progress) {
  let own: Progress | undefined;
  return {
    onDownload({ bytes, total }: DownloadProgress): void {
      if (!own) main.pause();
      own ??= progressBar(io, total, 'downloading');
      own.update(bytes, `downloading ${(total / MEGABYTE).toFixed(0)} MB`);
      if (bytes < total) return;
      own.stop();
      own = undefined;
    },
    onWarning(message: string): void {
      main.pause();
      if (!io.quiet) note(io, `warning: ${message}`);
    },
  };
}
