// What the page and the worker that learns say to each other.

import type { Layout, LayoutObject } from '@spatiallock/core';
import type { LearnState } from '@spatiallock/training/learn';
import type { DeviceId, Picture } from '../worker/protocol.js';

/** A picture to learn from, and what it shows. */
export interface LearnSubject {
  readonly picture: Picture;
  readonly objects: readonly (LayoutObject & { readonly label: string })[];
}

export interface LearnJob {
  readonly subjects: readonly LearnSubject[];
  /** What the model paints already and should not forget. */
  readonly rehearse: readonly Layout[];
  readonly steps: number;
  /** Pictures in a step. */
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
}

export type LearnRequest =
  | {
      readonly type: 'learn';
      readonly base: string;
      readonly device: DeviceId;
      readonly job: LearnJob;
      /** What the same job came to before. */
      readonly resumeFrom?: LearnState;
    }
  /** Ends the learning after the step that is computed. */
  | { readonly type: 'stopLearning' };

export interface LearnProgress {
  readonly task: 'loading' | 'rehearsing' | 'training';
  /** Pictures that are painted, or steps of the training. */
  readonly done: number;
  readonly steps: number;
  readonly loss?: number;
}

export type LearnReply =
  | { readonly type: 'learning'; readonly progress: LearnProgress }
  /** What a later visit can go on from. */
  | { readonly type: 'learnState'; readonly state: LearnState }
  /** The bytes of an adapter's file, and the loss of each step. */
  | { readonly type: 'learnt'; readonly adapter: Uint8Array<ArrayBuffer>; readonly losses: readonly number[] }
  | { readonly type: 'learnFailed'; readonly message: string };
