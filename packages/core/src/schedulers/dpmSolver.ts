import { type Combination, just, sum } from './combination.js';
import { checkSteps, oneOf, readOption, type SchedulerConfig } from './config.js';
import { type Differences, type DpmAlgorithm, dpmSettings, dpmUpdate, integrand } from './dpmAlgorithm.js';
import type { Scheduler, Step } from './plan.js';
import { predict } from './prediction.js';
import type { SolverPoint } from './solverPath.js';

const algorithms = ['dpmsolver++', 'sde-dpmsolver++', 'dpmsolver', 'sde-dpmsolver'] as const;

/**
 * DPM-Solver and DPM-Solver++ of order 1 to 3, multistep, Lu et al. 2022 (arXiv 2206.00927, 2211.01095), with fresh
 * noise at every step where algorithm_type begins with sde; one network call a step.
 *
 * Reads what `dpmSettings` reads, and solver_order (2), lower_order_final (true: the last of fewer than 15 steps is of
 * order 1, that before at most of order 2) and euler_at_final (false: the last step is of order 1).
 */
export function dpmSolverMultistep(config: SchedulerConfig): Scheduler {
  const { algorithm, heun, path } = dpmSettings(config, algorithms);
  const most = oneOf(config, 'solver_order', [1, 2, 3], 2);
  const lowerOrderFinal = readOption(config, 'lower_order_final', true);
  const eulerAtFinal = readOption(config, 'euler_at_final', false);

  const orderAt = (i: number, count: number): number => {
    const left = count - 1 - i;
    const short = lowerOrderFinal && count < 15;
    if (left === 0 && (eulerAtFinal || short || path.endsAtZero)) return 1;
    return Math.min(most, i + 1, short && left === 1 ? 2 : most);
  };

  const stepAt = (points: readonly SolverPoint[], i: number): Step => {
    const [here, there] = [points[i] as SolverPoint, points[i + 1] as SolverPoint];
    const prediction = predict(path.predictionType, here);
    const value = integrand(algorithm, prediction);
    const order = orderAt(i, points.length - 1);
    const before = points.slice(i + 1 - order, i).reverse();
    const differences = differencesOf(value, there.lambda - here.lambda, [here, ...before]);
    const midpoint = order === 2 && !heun;
    const kept = Array.from({ length: Math.min(most - 1, i + 1) }, (_, k) =>
      k === 0 ? value : just(`value${k}`),
    );
    return {
      timestep: here.timestep,
      inputScale: 1,
      denoised: prediction.original,
      next: {
        sample: dpmUpdate(algorithm, [here, there], just('sample'), { ...differences, midpoint }),
        ...Object.fromEntries(kept.map((of, k) => [`value${k + 1}`, of] as const)),
      },
    };
  };

  return {
    name: nameOf(algorithm, most),
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      return { initNoiseSigma: 1, steps: points.slice(0, -1).map((_, i) => stepAt(points, i)) };
    },
  };
}

/** As in other software: `dpmpp_2m`, `dpmpp_2m_sde`, `dpm_2m`. */
const nameOf = (algorithm: DpmAlgorithm, order: number): string =>
  `${algorithm.endsWith('++') ? 'dpmpp' : 'dpm'}_${order}m${algorithm.startsWith('sde') ? '_sde' : ''}`;

/** Divided differences of this and earlier values, per step of length h; a step of length 0 has none. */
function differencesOf(
  value: Combination,
  h: number,
  [newer, older, oldest]: readonly SolverPoint[],
): Differences {
  if (newer === undefined || older === undefined || h === 0) return { value };
  const r0 = (newer.lambda - older.lambda) / h;
  const latest = sum([1 / r0, value], [-1 / r0, just('value1')]);
  if (oldest === undefined) return { value, slope: latest };
  const r1 = (older.lambda - oldest.lambda) / h;
  const earlier = sum([1 / r1, just('value1')], [-1 / r1, just('value2')]);
  const curvature = sum([1 / (r0 + r1), latest], [-1 / (r0 + r1), earlier]);
  return { value, slope: sum([1, latest], [r0, curvature]), curvature };
}
