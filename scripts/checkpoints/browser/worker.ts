// In a worker of a page: opens a model of an address and calls its U-Net in parts.

import { wasm } from '@spatiallock/backend-onnx/web';
import { type Backend, type FileSource, sizeOf } from '@spatiallock/core';
import { inParts } from '@spatiallock/core/backend';
import { openModel, opfsStore } from '@spatiallock/web';
import { secondsSince, timedCalls, unetCall } from '../unetCall.js';

let files: FileSource | undefined;

export interface CallOptions {
  readonly side: number;
  readonly partBytes: number;
  readonly residentBytes: number;
  readonly calls: number;
}

/** A part that was compiled. */
export interface PartTimes {
  /** Of its weights, in float32. */
  readonly bytes: number;
  readonly compileSeconds: number;
}

const checkpoint = {
  async open(address: string) {
    const started = performance.now();
    const store = await opfsStore();
    const opened = await openModel(
      { model: address },
      { store, clipMerges: () => Promise.reject(new Error('a directory has a tokenizer of its own')) },
    );
    files = opened.files;
    const weights = (await store.list()).filter(({ name }) => !name.endsWith('.json'));
    return {
      title: opened.description.title,
      seconds: secondsSince(started),
      keptBytes: weights.reduce((sum, { size }) => sum + size, 0),
    };
  },
  async call({ side, partBytes, residentBytes, calls }: CallOptions) {
    if (!files) throw new Error('call: open a model first');
    const started = performance.now();
    const call = await unetCall(files, side);
    const loadSeconds = secondsSince(started);
    const parts: PartTimes[] = [];
    const backend = inParts(recorded(wasm({ wasmPaths: '/ort/' }), parts), { partBytes, residentBytes });
    try {
      const { seconds, output } = await timedCalls(backend, call, calls);
      return { loadSeconds, parts, seconds, output: [...output] };
    } finally {
      await backend.dispose();
    }
  },
};

/** The backend; tells what it compiles. */
function recorded(backend: Backend, parts: PartTimes[]): Backend {
  return {
    name: backend.name,
    async compile(graph, params, options) {
      const started = performance.now();
      const executable = await backend.compile(graph, params, options);
      const bytes = Object.values(graph.params).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
      parts.push({ bytes, compileSeconds: secondsSince(started) });
      return executable;
    },
    dispose: () => backend.dispose(),
  };
}

export type CheckpointWorker = typeof checkpoint;
Object.assign(globalThis, { checkpoint });
