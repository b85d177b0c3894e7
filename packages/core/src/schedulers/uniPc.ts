import { type Combination, just, sum } from './combination.js';
import { checkSteps, oneOf, readNumbers, readOption, type SchedulerConfig } from './config.js';
import { phi } from './exponentials.js';
import type { Scheduler, Step } from './plan.js';
import { predict } from './prediction.js';
import { type SolverPoint, solverPath } from './solverPath.js';

// diffusers maps the names of other solvers' types onto bh2.
const solverTypes = ['bh2', 'bh1', 'midpoint', 'heun', 'logrho'] as const;

/**
 * UniPC of order 1 to 3, predicting the clean latents, Zhao et al. 2023 (arXiv 2302.04867); one network call
 * a step.
 *
 * Each output first corrects the latents it was computed from, then predicts the next ones. Reads what
 * `solverPath` reads, and solver_order (2), solver_type (bh2 or bh1), lower_order_final (true),
 * disable_corrector (step numbers, []). predict_x0 false and solver_p throw.
 */
export function uniPcMultistep(config: SchedulerConfig): Scheduler {
  const path = solverPath(config);
  const most = oneOf(config, 'solver_order', [1, 2, 3], 2);
  const bh1 = oneOf(config, 'solver_type', solverTypes, 'bh2') === 'bh1';
  const lowerOrderFinal = readOption(config, 'lower_order_final', true);
  const corrects = correctorSwitch(config);

  /** One update from points[i] to points[i + 1]; `clean[k]` is the prediction at points[i - k]. */
  const update = (
    points: readonly SolverPoint[],
    i: number,
    order: number,
    sample: Combination,
    clean: readonly Combination[],
    arrived?: Combination,
  ): Combination => {
    const here = points[i] as SolverPoint;
    const there = points[i + 1] as SolverPoint;
    const h = there.lambda - here.lambda;
    const newest = clean[0] as Combination;
    const base = [
      [there.noise / here.noise, sample],
      [-there.signal * Math.expm1(-h), newest],
    ] as const;
    // A step of length 0 (Karras sigmas reach timestep 0) or to no noise has no slopes to follow.
    if (h === 0 || !Number.isFinite(h)) return sum(...base);

    const ratios = clean
      .slice(1, order)
      .map((_, k) => ((points[i - k - 1] as SolverPoint).lambda - here.lambda) / h);
    const slopes = ratios.map((ratio, k) =>
      sum([1 / ratio, clean[k + 1] as Combination], [-1 / ratio, newest]),
    );
    if (arrived !== undefined) {
      ratios.push(1);
      slopes.push(sum([1, arrived], [-1, newest]));
    }
    const scale = -there.signal * (bh1 ? -h : Math.expm1(-h));
    const weights = slopeWeights(ratios, h, bh1);
    return sum(...base, ...slopes.map((slope, k) => [scale * (weights[k] as number), slope] as const));
  };

  const orderAt = (points: readonly SolverPoint[], i: number) =>
    Math.min(most, i + 1, lowerOrderFinal ? points.length - 1 - i : most);

  const stepAt = (points: readonly SolverPoint[], i: number): Step => {
    const here = points[i] as SolverPoint;
    const { original } = predict(path.predictionType, here);
    const earlier = Array.from({ length: Math.min(i, most) }, (_, k) => just(`original${k + 1}`));
    const corrected =
      i > 0 && corrects(i - 1)
        ? update(points, i - 1, orderAt(points, i - 1), just('corrected'), earlier, original)
        : just('sample');
    const clean = [original, ...earlier];
    const kept = clean.slice(0, most).map((of, k) => [`original${k + 1}`, of] as const);
    return {
      timestep: here.timestep,
      inputScale: 1,
      denoised: original,
      next: {
        sample: update(points, i, orderAt(points, i), corrected, clean),
        corrected,
        ...Object.fromEntries(kept),
      },
    };
  };

  return {
    name: 'unipc',
    plan(steps, from = 0) {
      checkSteps(steps, path.numTrainTimesteps);
      const points = path.points(steps, from);
      return { initNoiseSigma: 1, steps: points.slice(0, -1).map((_, i) => stepAt(points, i)) };
    },
  };
}

function correctorSwitch(config: SchedulerConfig): (step: number) => boolean {
  if (!readOption(config, 'predict_x0', true)) {
    throw new Error('scheduler config: predict_x0 false is not supported; set predict_x0 to true');
  }
  if ((config.solver_p ?? null) !== null) {
    throw new Error('scheduler config: solver_p is not supported; set solver_p to null');
  }
  const disabled = readNumbers(config, 'disable_corrector', { min: 0, max: 9999, whole: true }, 10_000) ?? [];
  return (step) => !disabled.includes(step);
}

/**
 * Weights rho of the slopes, the solution of sum over k of ratio_k^j * rho_k = b_j for j = 0, 1, ...; b_j as in
 * the reference implementation (github.com/wl-zhao/UniPC). A single slope takes 1/2 as in diffusers.
 */
function slopeWeights(ratios: readonly number[], h: number, bh1: boolean): readonly number[] {
  if (ratios.length === 1) return [1 / 2];
  const step = -h;
  const b = bh1 ? 1 : phi(1, step);
  let factorial = 1;
  const rows = ratios.map((_, j) => {
    factorial *= j + 1;
    return [...ratios.map((ratio) => ratio ** j), (factorial * phi(j + 2, step)) / b];
  });
  return solve(rows);
}

/**
 * Solves a small linear system, given as rows with the right-hand side last, by elimination. Rows of powers of different
 * ratios never need another pivot.
 */
function solve(system: readonly (readonly number[])[]): readonly number[] {
  const rows = system.map((row) => [...row]);
  const size = rows.length;
  const at = (row: number, column: number) => (rows[row] as number[])[column] as number;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = at(row, pivot) / at(pivot, pivot);
      rows[row] = (rows[row] as number[]).map((x, column) => x - factor * at(pivot, column));
    }
  }
  return rows.map((row, i) => (row[size] as number) / (row[i] as number));
}
