// What a training learnt, as an adapter.

import type { FileSource, Plugin, Tensors } from '@spatiallock/core';
import { type Adapter, baseHash, type ModelChanges } from '@spatiallock/core/adapters';
import type { DeclaredModule } from '@spatiallock/core/modules';
import { type Learning, learns } from './unetStage.js';
import { partWeights } from './weights.js';

export interface TrainedAdapter {
  /** The files of the base, as they are, and its own name. */
  readonly base: FileSource;
  readonly name: string | undefined;
  readonly changes: ModelChanges | undefined;
  readonly weights: Tensors;
  readonly learning: Learning;
  readonly plugins: readonly Plugin[];
  readonly declare?: readonly DeclaredModule[];
}

/** New words, the weights that learnt, and which model they belong to. */
export async function adapterOf(trained: TrainedAdapter): Promise<Adapter> {
  const { base, name, changes, learning, plugins, declare = [] } = trained;
  const learnt = Object.entries(trained.weights).filter(([each]) => learns(each, learning, plugins));
  const parts = Object.entries(partWeights(Object.fromEntries(learnt), plugins));
  return {
    ...changes,
    base: { ...(name === undefined ? {} : { name }), hash: await baseHash(base) },
    weights: Object.fromEntries(parts.filter(([, own]) => Object.keys(own).length > 0)),
    plugins: declare,
  };
}
