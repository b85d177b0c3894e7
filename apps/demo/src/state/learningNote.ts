// A note that a training runs in this tab, which the page reads after a reload.

import { claim } from './claim.js';
import { keep, kept, recordIn } from './storage.js';

const KEY = 'spatiallock.learning.running';

export interface LearningNote {
  /** Of the learning. */
  readonly id: string;
  /** Steps of the training. */
  readonly done: number;
  readonly planned: number;
}

/** Notes how far the learning of this tab is; undefined: none runs. */
export function noteLearning(note: LearningNote | undefined): void {
  if (note) void isElsewhere(note.id);
  keep(KEY, note ? JSON.stringify(note) : '', 'session');
}

/** Whether another tab has this learning, of which this one is a copy; else it is this tab's from now on. Never rejects. */
export const isElsewhere = async (id: string): Promise<boolean> => !(await claim(`learning.${id}`));

/** The learning that ran when this tab's page was left; undefined where none did. A copy of a tab finds that of the other. */
export const leftLearning = (): LearningNote | undefined => readLearningNote(kept(KEY, 'session'));

/** What was kept, whatever it is. */
export function readLearningNote(text: string | undefined): LearningNote | undefined {
  const { id, done, planned } = recordIn(text);
  const isWhole = typeof id === 'string' && isCount(done) && isCount(planned);
  return isWhole ? { id, done, planned } : undefined;
}

const isCount = (given: unknown): given is number => Number.isSafeInteger(given) && (given as number) >= 0;
