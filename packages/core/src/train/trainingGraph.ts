// Loss in, training step out: gradients, clipping, optimiser and moving average in one graph with `updates`.

import { checkFunction, checkObject } from '../checks/index.js';
import { add, divide, minimum, multiply, subtract, where } from '../graph/elementwise.js';
import { grad } from '../graph/gradient.js';
import type { Graph, Value, Values } from '../graph/value.js';
import { parameterStore, zeros } from '../nn/scope.js';
import type { LearningRate } from './learningRate.js';
import { lossScale } from './lossScale.js';
import { clipFactor, type Optimiser } from './optimiser.js';

/** What a training graph is made of. */
export interface TrainingOptions {
  readonly inputs: Values;
  /** Every parameter that the loss reads. */
  readonly params: Values;
  readonly loss: Value;
  readonly optimiser: Optimiser;
  readonly learningRate: LearningRate;
  /** Which parameters learn; all by default. The others stay constant. */
  readonly trains?: (name: string) => boolean;
  /** Largest joint norm of the gradients; default 1. */
  readonly clipNorm?: number;
  /** Decay of the moving average kept under `ema.NAME`; none by default. */
  readonly ema?: number;
  /**
   * Scales the loss, so that backends may compute products and their gradients in half precision: parameters, optimiser and averages stay
   * float32. A step whose gradients overflow changes no parameter, and its `gradientNorm` is 0. Default false.
   */
  readonly lossScaling?: boolean;
  /** Further numbers to read after each step. */
  readonly outputs?: Values;
}

/** Names under which the state of training stands beside the parameters. */
export const trainingNames = { step: 'train.step', ema: 'ema', optimiser: 'optimiser' } as const;

function checkTraining(options: unknown): void {
  const { inputs, params, optimiser, learningRate } = checkObject(options, 'options');
  checkObject(inputs, 'options.inputs');
  checkObject(params, 'options.params');
  checkFunction(optimiser, 'options.optimiser', 'a function, as adamw() gives');
  checkFunction(learningRate, 'options.learningRate', 'a function, as cosineRate() gives');
}

/**
 * One step of training as a graph. Its outputs are `loss`, `gradientNorm`, `learningRate` and those asked
 * for; its params hold the network's, the optimiser's state, the moving average and the step's number.
 */
export function trainingGraph(options: TrainingOptions): Graph {
  checkTraining(options);
  const { params, loss, clipNorm = 1, trains = () => true } = options;
  const state = parameterStore();
  const done = state.scope.param(trainingNames.step, [], zeros);
  const step = add(done, 1);
  const learningRate = options.learningRate(step);
  const names = Object.keys(params).filter(trains);
  const learning = names.map((name) => params[name]!);
  const scaling = options.lossScaling ? lossScale(state.scope) : undefined;
  const gradients = scaling ? scaledGradients(loss, learning, scaling.scale) : grad(loss, learning);
  const { factor, norm } = clipFactor(gradients, clipNorm);
  const updates: Record<string, Value> = { [trainingNames.step]: step };
  const finite = scaling?.areFinite(norm);
  const update = (value: Value, next: Value): void => {
    updates[String(value.attrs.name)] = finite ? where(finite, next, value) : next;
  };
  names.forEach((name, i) => {
    const parameter = params[name]!;
    const move = options.optimiser({
      state: state.scope.at(trainingNames.optimiser, name),
      parameter,
      gradient: multiply(gradients[i]!, factor),
      step,
      learningRate,
    });
    update(parameter, move.next);
    for (const [value, next] of move.state) update(value, next);
    if (options.ema === undefined) return;
    const average = state.scope.at(trainingNames.ema).param(name, parameter.shape, zeros);
    update(average, blend(average, move.next, options.ema, step));
  });
  const scales = scaling && finite ? scaling.next(finite) : [];
  for (const [value, next] of scales) updates[String(value.attrs.name)] = next;
  return {
    inputs: options.inputs,
    params: { ...params, ...state.params },
    outputs: { ...options.outputs, loss, gradientNorm: finite ? where(finite, norm, 0) : norm, learningRate },
    updates,
    ...(scaling ? { lossScaled: true } : {}),
  };
}

/** The gradients by way of a scaled loss: what half precision computes on the way is as much larger. */
function scaledGradients(loss: Value, params: readonly Value[], scale: Value): readonly Value[] {
  return grad(multiply(loss, scale), params).map((gradient) => divide(gradient, scale));
}

/** Moving average whose decay rises with the steps, so that the first values do not linger. */
function blend(average: Value, next: Value, decay: number, step: Value): Value {
  const kept = minimum(divide(step, add(step, 9)), decay);
  return add(next, multiply(kept, subtract(average, next)));
}
