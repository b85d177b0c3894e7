// What a plugin's functions throw, with the plugin's name.

import { messageOf } from '../checks/index.js';

/** Calls a plugin; what it throws gets the plugin's name, see `pluginError`. */
export function asPlugin<T>(plugin: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw pluginError(plugin, cause);
  }
}

/** As `asPlugin`, for functions that may give a promise. */
export async function awaitPlugin<T>(plugin: string, call: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw pluginError(plugin, cause);
  }
}

/**
 * An error with the plugin's name before the message, and what was thrown as its `cause`. What names a plugin, its options
 * or its field already is given back as it is, and so is the error of a call that was cancelled.
 */
function pluginError(plugin: string, cause: unknown): unknown {
  if (isAbort(cause)) return cause;
  const message = messageOf(cause);
  if (isNamed(plugin, message)) return cause;
  // A fault of the plugin's program stays one, of which callers tell more.
  const Kind = [TypeError, ReferenceError].find((each) => cause instanceof each) ?? Error;
  return new Kind(`plugin ${plugin}: ${message}`, { cause });
}

const isAbort = (cause: unknown): boolean =>
  cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError');

const isNamed = (plugin: string, message: string): boolean =>
  ['plugin ', 'plugins ', `${plugin}:`, `${plugin}.`].some((start) => message.startsWith(start)) ||
  [`plugin ${plugin}`, `plugins.${plugin}`].some((name) => message.includes(name));
