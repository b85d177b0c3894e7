// What a training learnt, as an adapter.

import type { Plugin, Tensors } from '@spatiallock/core';
import type { Adapter, AddedDeclaration, ModelChanges } from '@spatiallock/core/adapters';
import { type Learning, learns } from './unetStage.js';
import { partWeights } from './weights.js';

export interface TrainedAdapter {
  /** The base's, see `baseHash`, and its own name. */
  readonly hash: string;
  readonly name: string | undefined;
  readonly changes: ModelChanges | undefined;
  readonly weights: Tensors;
  readonly learning: Learning;
  readonly plugins: readonly Plugin[];
  /** What the adapted model declares beside its base. */
  readonly declare: AddedDeclaration;
}

/** New words, the weights that learnt, and which model they belong to. */
export function adapterOf(trained: TrainedAdapter): Adapter {
  const { hash, name, changes, learning, plugins, declare } = trained;
  const learnt = Object.entries(trained.weights).filter(([each]) => learns(each, learning, plugins));
  const parts = Object.entries(partWeights(Object.fromEntries(learnt), plugins));
  return {
    ...changes,
    ...declare,
    base: { ...(name === undefined ? {} : { name }), hash },
    weights: Object.fromEntries(parts.filter(([, own]) => Object.keys(own).length > 0)),
  };
}
