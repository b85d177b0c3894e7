import { sum } from './combination.js';
import { checkSteps, type SchedulerConfig } from './config.js';
import type { Scheduler } from './plan.js';
import { inputScaleOf, sample, sigmaPath } from './sigmaPath.js';

/**
 * Euler's method on the probability-flow equation, Karras et al. 2022 (arXiv 2206.00364), algorithm 1 without
 * its second-order correction; one network call a step. Reads what `sigmaPath` reads.
 */
export function euler(config: SchedulerConfig): Scheduler {
  const path = sigmaPath(config);
  return {
    name: 'euler',
    plan(steps) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps);
      return {
        initNoiseSigma: path.initNoiseSigma(points),
        steps: points.map(({ timestep, sigma }, i) => {
          const { original, epsilon } = path.predict(sigma);
          const change = (points[i + 1]?.sigma ?? 0) - sigma;
          const next = { sample: sum([1, sample], [change, epsilon]) };
          return { timestep, inputScale: inputScaleOf(sigma), denoised: original, next };
        }),
      };
    },
  };
}
