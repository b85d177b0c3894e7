// How far the pictures are that are being made.

import { computed } from '@preact/signals';
import { isOpen, type Shot, shots } from './shots.js';

export interface Progress {
  readonly text: string;
  /** 0..1, of all pictures together. */
  readonly share: number;
}

/** How far the pictures are that are being made; undefined where none is. */
export function progressOf(all: readonly Shot[]): Progress | undefined {
  const active = all.findLast(isOpen);
  if (!active) return undefined;
  const mates = all.filter((shot) => shot.run === active.run);
  const current = mates.find(({ status }) => status === 'running' || status === 'compiling') ?? active;
  const done = mates.reduce((sum, shot) => sum + (isOpen(shot) ? shot.stepIndex / shot.calls : 1), 0);
  const which = mates.length > 1 ? `Picture ${mates.indexOf(current) + 1} of ${mates.length}: ` : '';
  const step =
    current.status === 'running' ? `step ${current.stepIndex} of ${current.calls}` : 'preparing the network';
  return { text: `${which}${step}`, share: done / mates.length };
}

export const progress = computed(() => progressOf(shots.value));
