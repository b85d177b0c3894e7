import { just, sum } from './combination.js';
import { checkSteps, type SchedulerConfig } from './config.js';
import type { Scheduler, Step } from './plan.js';
import { inputScaleOf, type SigmaPath, type SigmaPoint, sample, sigmaPath } from './sigmaPath.js';

/**
 * Euler's method on the probability-flow equation, Karras et al. 2022 (arXiv 2206.00364), algorithm 1 without
 * its second-order correction; one network call a step. Reads what `sigmaPath` reads.
 */
export function euler(config: SchedulerConfig): Scheduler {
  return firstOrder('euler', config, (path, { sigma }, to) => {
    return sum([1, sample], [to - sigma, path.predict(sigma).epsilon]);
  });
}

/**
 * Euler's method with fresh noise: each step goes further down than asked, and noise brings it back up; one network
 * call a step. As in k-diffusion's sample_euler_ancestral. Reads what `sigmaPath` reads.
 */
export function eulerAncestral(config: SchedulerConfig): Scheduler {
  return firstOrder('euler_a', config, (path, { sigma }, to) => {
    const { down, up } = ancestral(sigma, to);
    return sum([1, sample], [down - sigma, path.predict(sigma).epsilon], [up, just('noise')]);
  });
}

/**
 * Where a step from a sigma to a lower one goes, and how much noise follows it, so that the variance comes out right
 * and as much as possible of it is fresh.
 */
export function ancestral(from: number, to: number): { readonly down: number; readonly up: number } {
  // sqrt(to^2 (from^2 - to^2) / from^2), by products that do not overflow.
  const ratio = to / from;
  return { down: to * ratio, up: to * Math.sqrt(Math.max((1 - ratio) * (1 + ratio), 0)) };
}

function firstOrder(
  name: string,
  config: SchedulerConfig,
  update: (path: SigmaPath, from: SigmaPoint, to: number) => Step['next']['sample'],
): Scheduler {
  const path = sigmaPath(config);
  return {
    name,
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      return {
        initNoiseSigma: path.initNoiseSigma(points),
        steps: points.map((point, i) => ({
          timestep: point.timestep,
          inputScale: inputScaleOf(point.sigma),
          denoised: path.predict(point.sigma).original,
          next: { sample: update(path, point, points[i + 1]?.sigma ?? path.end) },
        })),
      };
    },
  };
}
