import { just, sum } from './combination.js';
import { checkSteps, type SchedulerConfig } from './config.js';
import type { Scheduler, Step } from './plan.js';
import {
  inputScaleOf,
  leavesHiding,
  type SigmaPath,
  type SigmaPoint,
  sample,
  sigmaPath,
} from './sigmaPath.js';

/**
 * Heun's method on the probability-flow equation, Karras et al. 2022 (arXiv 2206.00364), algorithm 1.
 *
 * Each step calls the network twice, at its start and at its end, but for the last and for those of
 * `leavesHiding`: at most 2 * steps - 1 calls. Reads what `sigmaPath` reads.
 */
export function heun(config: SchedulerConfig): Scheduler {
  const path = sigmaPath(config);
  return {
    name: 'heun',
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      return {
        initNoiseSigma: path.initNoiseSigma(points),
        steps: points.flatMap((point, i) => stepsFrom(path, point, points[i + 1])),
      };
    },
  };
}

function stepsFrom(path: SigmaPath, here: SigmaPoint, there: SigmaPoint | undefined): Step[] {
  const { original, epsilon } = path.predict(here.sigma);
  const change = (there?.sigma ?? path.end) - here.sigma;
  const euler = sum([1, sample], [change, epsilon]);
  const first = { timestep: here.timestep, inputScale: inputScaleOf(here.sigma), denoised: original };
  if (there === undefined || leavesHiding(here.sigma, there.sigma)) {
    return [{ ...first, next: { sample: euler } }];
  }
  const end = path.predict(there.sigma);
  const mean = sum([1, just('start')], [change / 2, just('slope')], [change / 2, end.epsilon]);
  return [
    { ...first, next: { sample: euler, start: sample, slope: epsilon } },
    {
      timestep: there.timestep,
      inputScale: inputScaleOf(there.sigma),
      denoised: end.original,
      next: { sample: mean },
    },
  ];
}
