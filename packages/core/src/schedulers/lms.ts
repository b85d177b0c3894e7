import { just, sum } from './combination.js';
import { checkSteps, type SchedulerConfig } from './config.js';
import type { Scheduler } from './plan.js';
import { inputScaleOf, sample, sigmaPath } from './sigmaPath.js';

const MOST_ORDER = 4;

/**
 * The linear multistep method of order 4 in sigma, as in k-diffusion's sample_lms; one network call a step.
 * Of order 2 for fewer than 15 steps from (nearly) no signal, which are too long to extrapolate more. Reads what
 * `sigmaPath` reads.
 */
export function lms(config: SchedulerConfig): Scheduler {
  const path = sigmaPath(config);
  return {
    name: 'lms',
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      const order = path.endsAtNoSignal && steps < 15 ? 2 : MOST_ORDER;
      return {
        initNoiseSigma: path.initNoiseSigma(points),
        steps: points.map(({ timestep, sigma }, i) => {
          const { original, epsilon } = path.predict(sigma);
          const nodes = points
            .slice(Math.max(i - order + 1, 0), i + 1)
            .map((point) => point.sigma)
            .reverse();
          const weights = multistepWeights(nodes, sigma, points[i + 1]?.sigma ?? path.end);
          const slopes = nodes.map((_, k) => (k === 0 ? epsilon : just(`slope${k}`)));
          const kept = slopes.slice(0, order - 1).map((slope, k) => [`slope${k + 1}`, slope] as const);
          const next = {
            sample: sum([1, sample], ...slopes.map((slope, k) => [weights[k] as number, slope] as const)),
            ...Object.fromEntries(kept),
          };
          return { timestep, inputScale: inputScaleOf(sigma), denoised: original, next };
        }),
      };
    },
  };
}

/**
 * Integrals from `from` to `to` of the Lagrange polynomials on `nodes`.
 * Gauss-Legendre with two points is exact up to degree 3, so for four nodes.
 */
function multistepWeights(nodes: readonly number[], from: number, to: number): number[] {
  const middle = (from + to) / 2;
  const half = (to - from) / 2;
  const at = [middle - half / Math.sqrt(3), middle + half / Math.sqrt(3)];
  return nodes.map((node, k) => {
    const basis = (x: number) =>
      nodes.reduce((product, other, j) => (j === k ? product : (product * (x - other)) / (node - other)), 1);
    return half * at.reduce((total, x) => total + basis(x), 0);
  });
}
