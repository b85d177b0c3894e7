// How long the learning still takes, from how long it took so far.

export interface TimedStep {
  /** Steps of the training that are done. */
  readonly done: number;
  /** Milliseconds, of any clock. */
  readonly at: number;
}

/** Milliseconds left, by the steps since `first`; undefined before there is a whole one. */
export function millisecondsLeft(first: TimedStep, last: TimedStep, steps: number): number | undefined {
  const done = last.done - first.done;
  return done > 0 ? ((last.at - first.at) / done) * (steps - last.done) : undefined;
}

/** "about 3 minutes", "about 40 seconds", "a few seconds". */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return 'a few seconds';
  if (seconds < 90) return `about ${Math.ceil(seconds / 10) * 10} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} minutes`;
  return `about ${(seconds / 3600).toFixed(1)} hours`;
}
