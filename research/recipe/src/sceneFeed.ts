// Scenes in the order of their seeds, drawn ahead by threads.

import { type Art, type PoolOptions, type SceneBatch, sceneStream } from '@spatiallock/scenes';

import { IMAGE_SIZE } from './settings.js';

/** Scenes that a thread draws at once. */
export const SCENES_AT_ONCE = 64;

export interface SceneFeed {
  /** The next scenes, `SCENES_AT_ONCE` of them. */
  next(): Promise<SceneBatch>;
  close(): Promise<void>;
}

/** Endless scenes of the split 'train' from `start` on. */
export function sceneFeed(art: Art, start: number, options: PoolOptions): SceneFeed {
  const stream = sceneStream(art, {
    ...options,
    variety: 'mixed',
    size: IMAGE_SIZE,
    batch: SCENES_AT_ONCE,
    start,
  });
  return {
    async next() {
      const { value, done } = await stream.next();
      if (done) throw new Error('scenes: the stream has ended');
      return value;
    },
    close: async () => {
      await stream.return();
    },
  };
}
