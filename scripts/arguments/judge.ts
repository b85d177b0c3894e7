// What comes of a call with arguments of a wrong kind.

/** A call may take this long, in milliseconds. */
const PATIENCE = 10_000;

/** Errors of the language, which a function lets through where it did not look first. */
const bare = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];

/** `refused` by an error that says what is wrong, `accepted`, or a fault in words. */
export type Outcome = 'refused' | 'accepted' | { readonly fault: string };

/** Calls a function and waits for what it promises; of what it iterates over the first value is asked for. */
export async function outcomeOf(run: () => unknown): Promise<Outcome> {
  try {
    const ended = await Promise.race([settled(run), late()]);
    return ended === LATE ? { fault: 'never ended' } : 'accepted';
  } catch (error) {
    if (!(error instanceof Error)) return { fault: `threw ${String(error)}` };
    const kind = bare.find((each) => error instanceof each);
    if (kind) return { fault: `${kind.name}: ${error.message}` };
    return error.message === '' ? { fault: 'an error without a message' } : 'refused';
  }
}

const LATE = Symbol('late');

async function settled(run: () => unknown): Promise<undefined> {
  const result = await run();
  if (typeof result !== 'object' || result === null || !('next' in result)) return;
  if (typeof result.next === 'function') await result.next();
}

const late = (): Promise<typeof LATE> =>
  new Promise((resolve) => {
    setTimeout(resolve, PATIENCE, LATE).unref();
  });

/** Values that no function takes for what it asks for, but for those that take any value. */
export const junk: readonly unknown[] = [
  undefined,
  null,
  1,
  Number.NaN,
  'x',
  true,
  {},
  { junk: 1 },
  [],
  [null],
  () => undefined,
];

/** Lists of arguments: each value alone, and in all places up to the fourth. */
export function callsOf(required: number): unknown[][] {
  const places = Math.min(4, Math.max(1, required));
  const counts = Array.from({ length: places }, (_, i) => i + 1);
  const calls = junk.flatMap((value) => counts.map((count) => new Array<unknown>(count).fill(value)));
  // What has a default for everything may be called without anything.
  return required === 0 ? calls.filter(([value]) => value !== undefined) : [[], ...calls];
}
