import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@spatiallock/core';
import type { Art } from './art.js';
import { renderBatch, type SceneBatch, type SceneOptions } from './batch.js';

/** What a worker is started with; the art's pixels are shared, not copied. */
export interface WorkerSetup {
  readonly art: Art;
  readonly options: SceneOptions;
}

export interface WorkerRequest {
  readonly id: number;
  readonly seeds: readonly number[];
}

/** The batch, or why there is none. */
export type WorkerReply = { readonly id: number } & (
  | { readonly batch: SceneBatch }
  | { readonly error: Error }
);

const { art, options } = workerData as WorkerSetup;

parentPort?.on('message', ({ id, seeds }: WorkerRequest) => {
  try {
    const batch = renderBatch(art, seeds, options);
    parentPort?.postMessage({ id, batch } satisfies WorkerReply, [batch.images.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort?.postMessage({
      id,
      error: error instanceof Error ? error : new Error(messageOf(error)),
    } satisfies WorkerReply);
  }
});
