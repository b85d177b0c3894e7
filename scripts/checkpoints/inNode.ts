// A U-Net call in a process of its own, for its peak of memory to be its own.

import { readFileSync } from 'node:fs';
import { resultOf } from './processes.js';

export interface NodeCall {
  /** Of the fastest call. */
  readonly seconds: number;
  readonly peakGiB: number;
  readonly output: Float32Array;
}

export interface NodeCallOptions {
  readonly side: number;
  readonly calls: number;
  /** Computes the U-Net in parts; default: at once. */
  readonly partBytes?: number;
}

/** Calls the U-Net of a folder on the processor; `out` is a file that may be written. */
export function callInNode(folder: string, out: string, options: NodeCallOptions): NodeCall {
  const { side, calls, partBytes } = options;
  const words = [folder, out, side, calls, ...(partBytes === undefined ? [] : [partBytes])];
  // glibc's own settings: what is measured is a process as people start it.
  const { seconds, peakGiB } = resultOf<Omit<NodeCall, 'output'>>('call.ts', words, {});
  const { buffer } = Uint8Array.from(readFileSync(out));
  return { seconds, peakGiB, output: new Float32Array(buffer) };
}

/** 1 for outputs that point the same way. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    ab += x * b[i]!;
    aa += x * x;
    bb += b[i]! * b[i]!;
  });
  return ab / Math.sqrt(aa * bb);
}

/** The largest difference between two numbers at the same place. */
export const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
