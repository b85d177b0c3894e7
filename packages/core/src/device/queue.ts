/** Runs tasks one after another, whether or not the one before failed. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

/** A queue: each task begins when the one before has ended, whether it failed or not. */
export function oneAtATime(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}
