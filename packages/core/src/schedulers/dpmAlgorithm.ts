// What DPM-Solver's algorithms have in common, whether they take several steps at once or several calls a step.

import { type Combination, just, sum } from './combination.js';
import { oneOf, type SchedulerConfig } from './config.js';
import { stepWeights } from './exponentials.js';
import type { Prediction } from './prediction.js';
import { type SolverPath, type SolverPathOptions, type SolverPoint, solverPath } from './solverPath.js';

export type DpmAlgorithm = 'dpmsolver' | 'dpmsolver++' | 'sde-dpmsolver' | 'sde-dpmsolver++';

// diffusers maps the names of other solvers' types onto midpoint.
const solverTypes = ['midpoint', 'heun', 'logrho', 'bh1', 'bh2'] as const;

export interface DpmSettings {
  readonly algorithm: DpmAlgorithm;
  readonly heun: boolean;
  readonly path: SolverPath;
}

/**
 * Reads algorithm_type (dpmsolver++; deis counts as it), solver_type (midpoint; heun) and what `solverPath` reads.
 * dpmsolver and sde-dpmsolver, which predict the noise, cannot end at sigma 0: they end at sigma_min where the config
 * does not say, and throw where it says zero.
 */
export function dpmSettings(
  config: SchedulerConfig,
  known: readonly DpmAlgorithm[],
  options: SolverPathOptions = {},
): DpmSettings {
  const named = oneOf(config, 'algorithm_type', [...known, 'deis'], 'dpmsolver++');
  const algorithm = named === 'deis' ? 'dpmsolver++' : named;
  const heun = oneOf(config, 'solver_type', solverTypes, 'midpoint') === 'heun';
  const path = solverPath(config, predictsNoise(algorithm) ? { ...options, end: 'sigma_min' } : options);
  if (predictsNoise(algorithm) && path.endsAtZero) {
    throw new Error(
      `scheduler config: final_sigmas_type zero does not go with algorithm_type ${algorithm}; ` +
        'set final_sigmas_type to sigma_min',
    );
  }
  return { algorithm, heun, path };
}

const predictsNoise = (algorithm: DpmAlgorithm): boolean => !algorithm.endsWith('++');
const isStochastic = (algorithm: DpmAlgorithm): boolean => algorithm.startsWith('sde');

/** Which of the predictions the algorithm integrates. */
export function integrand(algorithm: DpmAlgorithm, { original, epsilon }: Prediction): Combination {
  return predictsNoise(algorithm) ? epsilon : original;
}

/** Differences of the integrand along a step; what is absent counts as nothing. */
export interface Differences {
  readonly value: Combination;
  readonly slope?: Combination;
  readonly curvature?: Combination;
  /** Second order by half the value's weight instead of the exact integral of a line. */
  readonly midpoint?: boolean;
}

/**
 * One update of `sample` from a point to a later one, of order 1, 2 or 3 by the differences that are given. Lu et al.
 * 2022 (arXiv 2206.00927 and 2211.01095); stochastic ones as in k-diffusion's DPM++ 2M SDE and 3M SDE. (At order 3 of
 * sde-dpmsolver++ diffusers 0.40 has the curvature's 1/2 with the other sign; ours vanishes for short steps, as it must.)
 */
export function dpmUpdate(
  algorithm: DpmAlgorithm,
  [from, to]: readonly [SolverPoint, SolverPoint],
  sample: Combination,
  { value, slope, curvature, midpoint = false }: Differences,
): Combination {
  const h = to.lambda - from.lambda;
  const noisy = isStochastic(algorithm);
  const toNoise = predictsNoise(algorithm);
  // Noise prediction integrates e^h instead of e^-h, data prediction with fresh noise e^-2h.
  const span = toNoise ? -h : noisy ? 2 * h : h;
  const scale = toNoise ? to.noise * (noisy ? 2 : 1) : to.signal;
  const kept = toNoise ? to.signal / from.signal : (to.noise / from.noise) * (noisy ? Math.exp(-h) : 1);
  const fresh = toNoise
    ? Math.sqrt(Math.max(Math.expm1(2 * h), 0))
    : Math.sqrt(Math.max(-Math.expm1(-2 * h), 0));
  const [ofValue, ofSlope, ofCurvature] = stepWeights(span);
  return sum(
    [kept, sample],
    [scale * ofValue, value],
    [scale * (midpoint ? ofValue / 2 : ofSlope), slope ?? {}],
    [scale * ofCurvature, curvature ?? {}],
    [noisy ? to.noise * fresh : 0, just('noise')],
  );
}
