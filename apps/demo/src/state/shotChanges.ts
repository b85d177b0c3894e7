// What becomes of a picture by what its worker says.

import type { Reply } from '../worker/protocol.js';
import type { Sampling } from './settings.js';
import type { Shot } from './shots.js';

export function changeBy(shot: Shot, reply: Reply): Partial<Shot> {
  switch (reply.type) {
    case 'compiling':
      return shot.stepIndex === 0 ? { status: 'compiling' } : {};
    case 'step': {
      const { stepIndex, calls, milliseconds, preview } = reply;
      const times = [...shot.times, milliseconds];
      return {
        status: 'running',
        stepIndex: stepIndex + 1,
        calls,
        times,
        ...(preview ? { picture: preview } : {}),
      };
    }
    case 'done': {
      const { picture, judged, detections } = reply;
      return { status: 'done', picture, judged, detections };
    }
    case 'failed':
      return { status: 'failed', message: reply.fault.message };
    case 'cancelled':
      return { status: 'cancelled' };
    default:
      return {};
  }
}

/** How Live paints what follows the hand. */
export const quickSampling = (sampling: Sampling, steps: number): Sampling => ({
  ...sampling,
  steps,
  details: 0,
});

/** What is true of a picture of Live that stays as the few steps gave it. */
export function unrefined({ seed, sampling, quickSteps = sampling.steps }: Shot): Partial<Shot> {
  return { status: 'done', title: `Seed ${seed}, live`, sampling: quickSampling(sampling, quickSteps) };
}
