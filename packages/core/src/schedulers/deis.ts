import { type Combination, just, sum } from './combination.js';
import { checkSteps, oneOf, readOption, type SchedulerConfig } from './config.js';
import type { Scheduler, Step } from './plan.js';
import { predict } from './prediction.js';
import { type SolverPoint, solverPath } from './solverPath.js';

/**
 * DEIS of order 1 to 3, Zhang and Chen 2023 (arXiv 2204.13902), multistep: the noise prediction is a polynomial in
 * log(sigma), integrated exactly (the paper's log-rho Adams-Bashforth); one network call a step.
 *
 * Reads what `solverPath` reads, solver_order (2) and lower_order_final (true: the last of fewer than 15 steps is of
 * order 1, that before at most of order 2). Always ends at timestep 0's noise, as diffusers does.
 */
export function deisMultistep(config: SchedulerConfig): Scheduler {
  oneOf(config, 'algorithm_type', ['deis', 'dpmsolver', 'dpmsolver++'], 'deis');
  oneOf(config, 'solver_type', ['logrho', 'midpoint', 'heun', 'bh1', 'bh2'], 'logrho');
  const path = solverPath(config, { end: 'sigma_min' });
  const most = oneOf(config, 'solver_order', [1, 2, 3], 2);
  const lowerOrderFinal = readOption(config, 'lower_order_final', true);

  const orderAt = (i: number, count: number): number => {
    const left = count - 1 - i;
    return Math.min(most, i + 1, lowerOrderFinal && count < 15 ? left + 1 : most);
  };

  const stepAt = (points: readonly SolverPoint[], i: number): Step => {
    const [here, there] = [points[i] as SolverPoint, points[i + 1] as SolverPoint];
    const { original, epsilon } = predict(path.predictionType, here);
    const order = orderAt(i, points.length - 1);
    const nodes = points
      .slice(i + 1 - order, i + 1)
      .map(({ lambda }) => -lambda)
      .reverse();
    const slopes = nodes.map((_, k): Combination => (k === 0 ? epsilon : just(`epsilon${k}`)));
    const weights = nodes.map((_, k) => integral(nodes, k, here.sigma, there.sigma));
    const kept = [epsilon, just('epsilon1')].slice(0, Math.min(most - 1, i + 1));
    return {
      timestep: here.timestep,
      inputScale: 1,
      denoised: original,
      next: {
        sample: sum(
          [there.signal / here.signal, just('sample')],
          ...slopes.map((slope, k) => [there.signal * (weights[k] as number), slope] as const),
        ),
        ...Object.fromEntries(kept.map((of, k) => [`epsilon${k + 1}`, of] as const)),
      },
    };
  };

  return {
    name: 'deis',
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      return { initNoiseSigma: 1, steps: points.slice(0, -1).map((_, i) => stepAt(points, i)) };
    },
  };
}

/** The integral over sigma, from `from` to `to`, of the Lagrange polynomial in log(sigma) that is 1 at node k. */
function integral(nodes: readonly number[], k: number, from: number, to: number): number {
  const own = nodes[k] as number;
  const others = nodes.filter((_, j) => j !== k);
  const scale = others.reduce((product, node) => product * (own - node), 1);
  const [first, second] = others;
  // Around the step's start, in u = log(sigma / from): small numbers keep their digits.
  const origin = Math.log(from);
  const antiderivative = (sigma: number): number => {
    const u = Math.log(sigma / from);
    if (first === undefined) return sigma;
    const a = first - origin;
    if (second === undefined) return sigma * (u - 1 - a);
    const b = second - origin;
    return sigma * (u * u - 2 * u + 2 - (a + b) * (u - 1) + a * b);
  };
  return (antiderivative(to) - antiderivative(from)) / scale;
}
