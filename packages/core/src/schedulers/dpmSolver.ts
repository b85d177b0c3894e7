import { type Combination, just, sum } from './combination.js';
import { checkSteps, oneOf, readOption, type SchedulerConfig } from './config.js';
import type { Scheduler, Step } from './plan.js';
import { predict } from './prediction.js';
import { type SolverPoint, solverPath } from './solverPath.js';

// diffusers maps the names of other solvers' types onto midpoint.
const solverTypes = ['midpoint', 'heun', 'logrho', 'bh1', 'bh2'] as const;

/**
 * DPM-Solver++ of order 1 or 2, multistep, Lu et al. 2022 (arXiv 2211.01095), algorithm 2; one network call a
 * step.
 *
 * Reads what `solverPath` reads, and solver_order (2), solver_type (midpoint or heun), lower_order_final
 * (true: the last of fewer than 15 steps is of order 1). algorithm_type other than dpmsolver++ throws.
 */
export function dpmSolverMultistep(config: SchedulerConfig): Scheduler {
  const path = solverPath(config);
  oneOf(config, 'algorithm_type', ['dpmsolver++'], 'dpmsolver++');
  const order = oneOf(config, 'solver_order', [1, 2], 2);
  const heun = oneOf(config, 'solver_type', solverTypes, 'midpoint') === 'heun';
  const lowerOrderFinal = readOption(config, 'lower_order_final', true);

  const stepAt = (points: readonly SolverPoint[], i: number): Step => {
    const here = points[i] as SolverPoint;
    const there = points[i + 1] as SolverPoint;
    const before = points[i - 1];
    const { original } = predict(path.predictionType, here);
    const last = i === points.length - 2;
    const firstOrder =
      order === 1 || (last && (there.noise === 0 || (lowerOrderFinal && points.length <= 15)));

    const h = there.lambda - here.lambda;
    const decay = Math.expm1(-h);
    const terms: (readonly [number, Combination])[] = [
      [there.noise / here.noise, just('sample')],
      [-there.signal * decay, original],
    ];
    // A last step of length 0 (Karras sigmas reach timestep 0) has no slope to follow.
    if (before !== undefined && !firstOrder && h !== 0) {
      const slope = sum([1, original], [-1, just('original1')]);
      const weight = heun ? decay / h + 1 : -decay / 2;
      terms.push([(there.signal * weight * h) / (here.lambda - before.lambda), slope]);
    }
    return {
      timestep: here.timestep,
      inputScale: 1,
      denoised: original,
      next: { sample: sum(...terms), ...(order === 2 ? { original1: original } : {}) },
    };
  };

  return {
    name: 'dpmpp_2m',
    plan(steps) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps);
      return { initNoiseSigma: 1, steps: points.slice(0, -1).map((_, i) => stepAt(points, i)) };
    },
  };
}
