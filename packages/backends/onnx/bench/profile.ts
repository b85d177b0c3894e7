import { readFileSync, unlinkSync } from 'node:fs';
import { attrsOf, type ConvAttrs, type Graph, sizeOf, topological, type Value } from '@spatiallock/core';
import ort from 'onnxruntime-node';
import { cpu } from '../src/index.js';
import { matmulRate } from './rate.js';
import { autoencoder, unet } from './autoencoder.js';
import { autoencoderStep, unetStep } from './graphs.js';

export function flops(graph: Graph): number {
  let n = 0;
  const seen = new Set<Value>();
  const visit = (roots: Value[]) => {
    for (const v of topological(roots)) {
      if (seen.has(v)) continue; seen.add(v);
      if (v.op.name === 'attention') visit([v.op.expand!(v)]);
      if (v.op.name === 'matmul') n += 2 * sizeOf(v.shape) * v.inputs[0]!.shape.at(-1)!;
      if (v.op.name === 'conv2d') n += 2 * sizeOf(v.shape) * sizeOf(v.inputs[1]!.shape.slice(1));
      if (v.op.name === 'conv2dInputGradient') n += 2 * sizeOf(v.inputs[0]!.shape) * sizeOf(v.inputs[1]!.shape.slice(1));
      if (v.op.name === 'conv2dKernelGradient') n += 2 * sizeOf(v.inputs[1]!.shape) * sizeOf((v.attrs.shape as number[]).slice(1));
    }
  };
  visit([...Object.values(graph.outputs), ...Object.values(graph.updates ?? {})]);
  return n;
}
const which = process.argv[2] ?? 'ae';
const batch = Number(process.argv[3] ?? 32);
const profile = process.argv[4] === 'profile';
const { graph, params, feeds } = ({ big: autoencoder, bigunet: unet, ae: autoencoderStep, unet: unetStep }[which as 'ae'])(batch);
const prefix = `/tmp/ortprof_${process.pid}`;
const backend = cpu(profile ? { session: { enableProfiling: true, profileFilePrefix: prefix } } : {});
const t0 = performance.now();
const exe = await backend.compile(graph, params);
console.log('compile', (performance.now() - t0).toFixed(0), 'ms');
const times: number[] = []; const cpus: number[] = [];
let loss = 0;
for (let i = 0; i < 8; i++) { const t = performance.now(); const c = process.cpuUsage(); loss = (await exe.run(feeds)).loss!.data[0]!; times.push(performance.now() - t); const u = process.cpuUsage(c); cpus.push((u.user + u.system) / 2e3); }
times.sort((a, b) => a - b); cpus.sort((a, b) => a - b);
const rate = await matmulRate();
const g = flops(graph) / 1e9;
const ms = times[Math.floor(times.length / 2)]!;
console.log(which, 'batch', batch, 'loss', loss, 'step', times[0]!.toFixed(0), ms.toFixed(0), 'ms; cpu/2', cpus[0]!.toFixed(0), cpus[2]!.toFixed(0), 'GFLOP', g.toFixed(1), 'GFLOP/s', 'by cpu', (g / cpus[0]! * 1e3).toFixed(0), 'by wall', (g / times[0]! * 1e3).toFixed(0), 'matmul', rate.toFixed(0), 'ratio', (g / times[0]! * 1e3 / rate).toFixed(3), 'rss MB', (process.resourceUsage().maxRSS / 1024).toFixed(0));
if (profile) {
  await backend.dispose();
  const { readdirSync } = await import('node:fs');
  const file = readdirSync('/tmp').find((f) => f.startsWith(prefix.slice(5)))!;
  const events = JSON.parse(readFileSync('/tmp/' + file, 'utf8')) as any[];
  unlinkSync('/tmp/' + file);
  const by = new Map<string, [number, number]>();
  const nodes = new Map<string, [number, string]>();
  for (const e of events) {
    if (e.cat !== 'Node' || !e.name.endsWith('_kernel_time')) continue;
    const op = e.args.op_name; const a = by.get(op) ?? [0, 0]; a[0] += e.dur / 8e3; a[1] += 1 / 8; by.set(op, a);
    const k = e.name.replace('_kernel_time', ''); const b = nodes.get(k) ?? [0, '']; b[0] += e.dur / 8e3;
    b[1] = op + ' ' + JSON.stringify(e.args.input_type_shape?.map((x: any) => Object.values(x)[0]).map((x: any) => x.join('x'))) + ' -> ' + e.args.output_type_shape?.map((x: any) => (Object.values(x)[0] as any).join('x')); nodes.set(k, b);
  }
  for (const [k, v] of [...by].sort((a, b) => b[1][0] - a[1][0]).slice(0, 25)) console.log(k.padEnd(28), v[0].toFixed(1).padStart(8), 'ms', v[1].toFixed(0));
  const buckets = new Map<string, [number, number]>();
  for (const e of events) {
    if (e.cat !== 'Node' || !e.name.endsWith('_kernel_time')) continue;
    const op = e.args.op_name; if (/Conv|MatMul|Gemm/.test(op)) continue;
    const shape = (Object.values(e.args.output_type_shape?.[0] ?? { x: [] })[0] as number[]); const n = shape.reduce((a, b) => a * b, 1);
    const training = /1x1x512/.test('') ; void training;
    const k = `${op} 1e${Math.floor(Math.log10(Math.max(n, 1)))} rank ${shape.length} ${n > 9999 ? shape.length < 3 || (shape.length === 4 && shape[2]! <= 3) ? 'param' : 'map' : ''}`;
    const b = buckets.get(k) ?? [0, 0]; b[0] += e.dur / 8e3; b[1] += 1 / 8; buckets.set(k, b);
  }
  for (const [k, v] of [...buckets].sort((a, b) => b[1][0] - a[1][0]).slice(0, 45)) console.log('  ', k.padEnd(40), v[0].toFixed(1).padStart(8), 'ms', v[1].toFixed(0));
  console.log('---');
  for (const [k, v] of [...nodes].sort((a, b) => b[1][0] - a[1][0]).slice(0, Number(process.argv[5] ?? 50))) console.log(v[0].toFixed(1).padStart(7), v[1], '   ', k.slice(0, 70));
}
