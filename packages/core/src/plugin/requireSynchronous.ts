// Functions of plugins that are asked without waiting.

/**
 * What a plugin's function gave; throws an error that begins with `what` where it is a promise, as of an async function: nobody
 * waits for it, so that it would have no effect.
 */
export function requireSynchronous<T>(given: T, what: string): T {
  if (!isPromise(given)) return given;
  // Its own error would otherwise end the process as an unhandled one.
  Promise.resolve(given).catch(() => {});
  throw new Error(
    `${what}: gave a promise, which is not waited for; give the value itself, from a function that is not async`,
  );
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
