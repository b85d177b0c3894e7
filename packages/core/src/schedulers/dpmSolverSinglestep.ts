import { type Combination, just, sum } from './combination.js';
import { checkSteps, oneOf, readOption, type SchedulerConfig } from './config.js';
import { eraOf } from './diffusersVersion.js';
import { type Differences, dpmSettings, dpmUpdate, integrand } from './dpmAlgorithm.js';
import type { Scheduler, Step } from './plan.js';
import { predict } from './prediction.js';
import type { SolverPoint } from './solverPath.js';

const algorithms = ['dpmsolver++', 'sde-dpmsolver++', 'dpmsolver'] as const;

/**
 * DPM-Solver and DPM-Solver++ of order 1 to 3, singlestep, Lu et al. 2022 (arXiv 2206.00927, 2211.01095): every two or
 * three network calls the latents move anew from where the first of them stood. `steps` counts network calls.
 *
 * Timesteps are always spaced as linspace. Reads what `dpmSettings` reads, solver_order (2) and lower_order_final
 * (false; counts as true where sampling ends at sigma 0 or the number of steps is no multiple of the order).
 */
export function dpmSolverSinglestep(config: SchedulerConfig): Scheduler {
  const { algorithm, heun, path } = dpmSettings(config, algorithms, {
    spacing: { spacing: 'linspace', stepsOffset: 0 },
  });
  const most = oneOf(config, 'solver_order', [1, 2, 3], 2);
  const lowerOrderFinal = readOption(config, 'lower_order_final', false);
  const { endsAtZero: ofToday } = eraOf(config);

  const stepAt = (points: readonly SolverPoint[], i: number, order: number): Step => {
    const there = points[i + 1] as SolverPoint;
    const here = points[i] as SolverPoint;
    const start = points[i + 1 - order] as SolverPoint;
    const prediction = predict(path.predictionType, here);
    const value = integrand(algorithm, prediction);
    const inner = points.slice(i + 2 - order, i + 1);
    const differences = differencesOf(value, start, inner, there, heun);
    const from = order === 1 ? just('sample') : just('start');
    return {
      timestep: here.timestep,
      inputScale: 1,
      denoised: prediction.original,
      next: {
        sample: dpmUpdate(algorithm, [start, there], from, {
          ...differences,
          midpoint: order === 2 && !heun,
        }),
        start: from,
        value1: value,
        ...(order === 2 ? { value2: just('value1') } : {}),
      },
    };
  };

  return {
    name: 'dpmpp_singlestep',
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      const count = points.length - 1;
      const lower = lowerOrderFinal || path.endsAtZero || count % most !== 0;
      const orders = orderList(count, most, lower, ofToday);
      if (path.endsAtZero) orders[count - 1] = 1;
      return { initNoiseSigma: 1, steps: orders.map((order, i) => stepAt(points, i, order)) };
    },
  };
}

/** The order of each step: 1, 2, 3, 1, 2, 3 and so on; the last ones lower, so that the list ends where it should. */
function orderList(count: number, most: 1 | 2 | 3, lower: boolean, ofToday: boolean): number[] {
  const orders = Array.from({ length: count }, (_, i) => (i % most) + 1);
  if (!lower) return orders;
  // A last round of three becomes one of two and one of one; of two, two of one (since diffusers 0.26).
  if (most === 3 && count % 3 === 0) orders[count - 1] = 1;
  if (most === 2 && count % 2 === 0 && ofToday) orders[count - 1] = 1;
  return orders;
}

/**
 * Differences of the values at `start`, at the inner points (one at order 2, two at order 3) and here, per step from
 * `start` to `there`.
 */
function differencesOf(
  value: Combination,
  start: SolverPoint,
  [first, second]: readonly SolverPoint[],
  there: SolverPoint,
  heun: boolean,
): Differences {
  const h = there.lambda - start.lambda;
  if (first === undefined || h === 0) return { value };
  const r1 = (first.lambda - start.lambda) / h;
  if (second === undefined) {
    return { value: just('value1'), slope: sum([1 / r1, value], [-1 / r1, just('value1')]) };
  }
  const r0 = (second.lambda - start.lambda) / h;
  const near = sum([1 / r1, just('value1')], [-1 / r1, just('value2')]);
  const far = sum([1 / r0, value], [-1 / r0, just('value2')]);
  if (!heun) return { value: just('value2'), slope: far };
  return {
    value: just('value2'),
    slope: sum([r0 / (r0 - r1), near], [-r1 / (r0 - r1), far]),
    curvature: sum([2 / (r0 - r1), far], [-2 / (r0 - r1), near]),
  };
}
