// Moving averages of weights in the state of a training.

import type { Tensors, Values } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { type TrainingOptions, trainingNames } from '@spatiallock/core/train';

type Averaged = Pick<TrainingOptions, 'params' | 'ema' | 'trains'>;

/** Averages begin at the parameters' values, for a saved state may not know a parameter that has come since. */
const averagesOf = ({ params, trains = () => true }: Averaged, known: Tensors): Tensors =>
  Object.fromEntries(
    Object.keys(params)
      .filter(trains)
      .flatMap((name) => {
        const value = known[name];
        return value ? [[`${trainingNames.ema}.${name}`, value]] : [];
      }),
  );

/** The state before the first step. Numbers are drawn only where none are known: for a large network that takes minutes. */
export function startState(
  params: Values,
  stage: Averaged & { readonly seed: number },
  known: Tensors,
): Tensors {
  const given: Tensors = { ...averagesOf(stage, known), ...known };
  const missing = Object.entries(params).filter(([name]) => !Object.hasOwn(given, name));
  return { ...initialise(Object.fromEntries(missing), stage.seed), ...given };
}

/** The moving averages in a training state under the parameters' own names; parameters that do not learn as they are. */
export function averaged(state: Tensors, { params, ema }: Averaged): Tensors {
  const average = (name: string) => (ema === undefined ? undefined : state[`${trainingNames.ema}.${name}`]);
  return Object.fromEntries(Object.keys(params).map((name) => [name, average(name) ?? state[name]!]));
}
