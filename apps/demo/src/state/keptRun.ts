// How far a learning came: its state, from which a later visit goes on.

import type { LearnState } from '@spatiallock/training/learn';
import type { LearnJob } from '../learning/protocol.js';
import { sha256 } from '../sha256.js';
import { openDatabase, readEntries, readIds, writeChanges } from './database.js';
import { isElsewhere } from './learningNote.js';
import { sayingOnce } from './notices.js';

const NAME = 'spatiallock.learning.state';
const STORE = 'states';

/** A state as it is kept; that of the tab's learning that was begun last alone. */
export interface KeptRun {
  /** Of the learning. */
  readonly id: string;
  /** Tells jobs apart, see `keyOf`. */
  readonly job: string;
  readonly state: LearnState;
}

const refused = sayingOnce(
  'The browser refuses to keep the state of the learning: after a reload it begins again.',
);

/** Keeps the states of a learning from now on, and forgets those of earlier ones, but for other tabs'. Resolves to what keeps one, or forgets it. */
export async function keepRun(id: string): Promise<(run: KeptRun | undefined) => void> {
  try {
    const database = await openDatabase(NAME, [STORE]);
    const found = await readIds(database, STORE);
    const areElsewhere = await Promise.all(found.map(isElsewhere));
    const ids = found.filter((_, i) => !areElsewhere[i]);
    const stored = new Map<string, KeptRun | undefined>(ids.map((each) => [each, undefined] as const));
    const keep = (run: KeptRun | undefined): void =>
      writeChanges(database, STORE, stored, run ? [run] : [], refused);
    // What it goes on from stays until there is something newer.
    if (!ids.includes(id)) keep(undefined);
    return keep;
  } catch {
    return (run) => run && refused();
  }
}

/** The state of a learning; undefined where none was kept, or where it is damaged. Never rejects. */
export async function keptRun(id: string): Promise<KeptRun | undefined> {
  try {
    const [found] = await readEntries(await openDatabase(NAME, [STORE]), STORE, [id]);
    return readRun(found);
  } catch {
    return undefined;
  }
}

/** Whatever was kept, if it looks like a state; `learn` looks at its numbers. */
export function readRun(found: unknown): KeptRun | undefined {
  const { id, job, state } = (found ?? {}) as Partial<KeptRun>;
  const { base, fingerprint, tensors, losses } = (state ?? {}) as Partial<LearnState>;
  const isWhole =
    typeof id === 'string' &&
    typeof job === 'string' &&
    typeof base === 'string' &&
    typeof tensors === 'object' &&
    tensors !== null &&
    Object.values(tensors).every((each) => each?.data instanceof Float32Array) &&
    Array.isArray(losses) &&
    losses.every((loss) => typeof loss === 'number');
  if (!isWhole) return undefined;
  return { id, job, state: { base, ...(fingerprint === undefined ? {} : { fingerprint }), tensors, losses } };
}

/** A hash of all that a job says, pictures included. Rejects on pages that are not secure, which cannot learn either. */
export async function keyOf({ subjects, ...settings }: LearnJob): Promise<string> {
  const pictures = await Promise.all(
    subjects.map(async ({ picture, objects }) => [await sha256(picture.data), picture.width, objects]),
  );
  return sha256(new TextEncoder().encode(JSON.stringify([settings, pictures])));
}
