// What came of one input.

import { type Target, Violation } from './target.js';

/** Reading one input may take this long, in milliseconds. */
const PATIENCE = 2000;

/** Errors of the language, which a reader lets through where it did not look first. */
const bare = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];

/** What is wrong with how the target reads the input; undefined where nothing is. */
export async function faultOf<T>(target: Target<T>, input: T): Promise<string | undefined> {
  const begin = performance.now();
  let fault: string | undefined;
  try {
    await target.read(input);
  } catch (error) {
    fault = faultOfError(error, target.names);
  }
  const took = performance.now() - begin;
  return took > PATIENCE ? `took ${(took / 1000).toFixed(1)} s` : fault;
}

function faultOfError(error: unknown, names: RegExp): string | undefined {
  if (error instanceof Violation) return `wrong acceptance: ${error.message}`;
  if (!(error instanceof Error)) return `threw a ${typeof error}`;
  const kind = bare.find((each) => error instanceof each);
  if (kind)
    return `bare ${kind.name}: ${error.message}\n${(error.stack ?? '').split('\n').slice(1, 4).join('\n')}`;
  if (error.message.length > 4000) return `a message of ${error.message.length} letters`;
  if (!names.test(error.message)) return `an error that names neither field nor file: ${error.message}`;
  return undefined;
}
