import { create, toBinary } from '@bufbuild/protobuf';
import ort from 'onnxruntime-node';
import { normals, type Shape, sizeOf } from '@spatiallock/core';
import { type Emitter, emitter } from '../src/emitter.js';
import { ModelProtoSchema } from '../src/gen/onnx_pb.js';
import { valueInfoProto } from '../src/messages.js';

export const options: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'], graphOptimizationLevel: 'all', logSeverityLevel: 3,
  extra: { session: { 'intra_op.allow_spinning': '0', set_denormal_as_zero: '1' } },
};
export async function variant(inputs: Record<string, Shape>, outputShape: Shape, build: (e: Emitter) => string) {
  const e = emitter({ block: 16 });
  const out = build(e);
  const model = create(ModelProtoSchema, {
    irVersion: 10n, opsetImport: [{ domain: '', version: 21n }, { domain: 'com.microsoft', version: 1n }, { domain: 'com.microsoft.nchwc', version: 1n }],
    graph: {
      name: 'g', node: [...e.nodes, { input: [out], output: ['y'], name: 'y', opType: 'Identity' } as never], initializer: [...e.initializers],
      input: Object.entries(inputs).map(([n, s]) => valueInfoProto(n, 'float32', s)), output: [valueInfoProto('y', 'float32', outputShape)],
    },
  });
  const session = await ort.InferenceSession.create(toBinary(ModelProtoSchema, model), options);
  const feeds = Object.fromEntries(Object.entries(inputs).map(([n, s], i) => [n, new ort.Tensor('float32', normals(i + 1, sizeOf(s)), s)]));
  return async () => (await session.run(feeds)).y!.data as Float32Array;
}
export interface Timed { wall: number; cpu: number; data: Float32Array }
export async function race(runs: Record<string, () => Promise<Float32Array>>, rounds = 8): Promise<Record<string, Timed>> {
  const out: Record<string, { wall: number[]; cpu: number[]; data: Float32Array }> = {};
  for (let r = 0; r < rounds + 1; r++)
    for (const [name, run] of Object.entries(runs)) {
      const c = process.cpuUsage(); const t = performance.now();
      const data = await run();
      const wall = performance.now() - t; const u = process.cpuUsage(c);
      if (r === 0) { out[name] = { wall: [], cpu: [], data }; continue; }
      out[name]!.wall.push(wall); out[name]!.cpu.push((u.user + u.system) / 1e3);
    }
  const low = (v: number[]) => v.sort((a, b) => a - b)[Math.floor(v.length / 4)]!;
  return Object.fromEntries(Object.entries(out).map(([n, v]) => [n, { wall: low(v.wall), cpu: low(v.cpu), data: v.data }]));
}
export function report(title: string, gflop: number, timed: Record<string, Timed>): void {
  const [first] = Object.values(timed);
  console.log(title);
  for (const [n, v] of Object.entries(timed)) {
    let d = 0; let m = 0; v.data.forEach((x, i) => { d = Math.max(d, Math.abs(x - first!.data[i]!)); m = Math.max(m, Math.abs(x)); });
    console.log('  ', n.padEnd(24), 'wall', v.wall.toFixed(1).padStart(7), 'cpu/2', (v.cpu / 2).toFixed(1).padStart(7), 'GF/s by wall', (gflop / v.wall * 1e3).toFixed(0).padStart(4), 'by cpu', (gflop / v.cpu * 2e3).toFixed(0).padStart(4), 'err', (d / m).toExponential(1));
  }
}
