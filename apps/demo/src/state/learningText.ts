// A learning in words.

import { durationText, millisecondsLeft } from '../learning/timing.js';
import type { LearnState } from './learning.js';

const tasks = { loading: 'Loading', rehearsing: 'Painting what it knows', training: 'Learning' } as const;

/** How far it is, in words. */
export function progressText(state: Extract<LearnState, { phase: 'learning' }>): string {
  const { progress, first, last, stopping } = state;
  const { task, done, steps, loss } = progress;
  if (stopping) return 'Stopping after this step';
  if (task === 'loading') return 'Loading what learning takes';
  const left = first && last && millisecondsLeft(first, last, steps);
  return [
    `${tasks[task]}: ${done} of ${steps} ${task === 'training' ? 'steps' : 'pictures'}`,
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(left === undefined ? [] : [`${durationText(left)} left`]),
  ].join(', ');
}
