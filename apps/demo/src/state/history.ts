// Undo and redo over a value that is never changed in place.

export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** Of the last change: changes of one key in a row, such as letters typed into one field, are one step. */
  readonly key?: string;
}

const LONGEST = 200;

export const historyOf = <T>(present: T, past: readonly T[] = []): History<T> => ({
  past,
  present,
  future: [],
});

/** What a change of this key starts from: changes of one key in a row all start from what was before the first. */
export function baseOf<T>({ past, present, key: last }: History<T>, key?: string): T {
  const [base] = key !== undefined && key === last ? past.slice(-1) : [];
  return base ?? present;
}

export function changed<T>(history: History<T>, next: T, key?: string): History<T> {
  const joins = key !== undefined && key === history.key;
  const past = joins ? history.past : [...history.past, history.present].slice(-LONGEST);
  return { past, present: next, future: [], ...(key === undefined ? {} : { key }) };
}

/** Whether nothing was done since `before` but changes of this key in a row. */
export const isRowSince = <T>({ past, key: last }: History<T>, before: History<T>, key: string): boolean =>
  last === key && past.at(-1) === before.present;

/** Ends a row of changes: the next one is a step of its own. */
export const settled = <T>({ past, present, future }: History<T>): History<T> => ({ past, present, future });

export function undone<T>({ past, present, future }: History<T>): History<T> {
  if (past.length === 0) return { past, present, future };
  return { past: past.slice(0, -1), present: past.at(-1) as T, future: [present, ...future] };
}

export function redone<T>({ past, present, future }: History<T>): History<T> {
  const [next, ...rest] = future;
  if (next === undefined) return { past, present, future };
  return { past: [...past, present], present: next, future: rest };
}
