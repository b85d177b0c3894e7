import type { Emitter } from '../src/emitter.js';
import { normals } from '@spatiallock/core';
import { race, report, variant } from './micro.js';
const N = { domain: 'com.microsoft.nchwc' };
const B = 16;
export function blockedKernel({ emit, ints }: Emitter, w: string, o: number, c: number, k: number, flip = false): string {
  const r = emit('Reshape', [w, ints([o / B, B, c / B, B, k, k])]);
  return emit('Reshape', [emit('Transpose', [r], { perm: [0, 2, 4, 5, 3, 1] }), ints([o, c, k, k])]);
}
const list: [number, number, number, number, number][] = process.argv[2] ? JSON.parse(process.argv[2]) : [[32, 32, 32, 64, 3], [32, 32, 32, 32, 3], [32, 64, 64, 16, 3], [32, 128, 128, 8, 3], [64, 64, 64, 16, 3], [64, 128, 128, 16, 3], [64, 128, 128, 8, 3], [64, 192, 64, 16, 3], [64, 192, 64, 16, 1]];
for (const [n, c, o, h, k] of list) {
  const w = normals(3, o * c * k * k); const p = (k - 1) / 2; const pads = [p, p, p, p];
  const runs: Record<string, () => Promise<Float32Array>> = {};
  const tail = (e: Emitter, y: string) => e.emit('Slice', [e.emit('Reshape', [y, e.ints([-1])]), e.ints([0]), e.ints([4096]), e.ints([0])]);
  const add = async (name: string, build: (e: Emitter) => string) => { runs[name] = await variant({ x: [n, c, h, h], w: [o, c, k, k] }, [4096], (e) => tail(e, build(e))); };
  await add('feed', (e) => e.emit('Conv', ['x', 'w'], { pads }));
  await add('constant', (e) => e.emit('Conv', ['x', e.constant({ dtype: 'float32', shape: [o, c, k, k], data: normals(2, w.length) })], { pads }));
  await add('nchwc', (e) => { const y = e.emit('Conv', [e.emit('ReorderInput', ['x'], {}, N), blockedKernel(e, 'w', o, c, k)], { pads, strides: [1, 1], kernel_shape: [k, k], dilations: [1, 1], group: 1 }, N); return e.emit('ReorderOutput', [y], { channels: o }, N); });
  await add('nchwc no reorder', (e) => e.emit('Conv', ['x', blockedKernel(e, 'w', o, c, k)], { pads, strides: [1, 1], kernel_shape: [k, k], dilations: [1, 1], group: 1 }, N));
  report(`[${n},${c},${h},${h}] -> ${o} k${k}`, 2 * k * k * c * o * n * h * h / 1e9, await race(runs, 9));
}
{ const r = await variant({ a: [1024, 1024], b: [1024, 1024] }, [1024, 1024], (e) => e.emit('MatMul', ['a', 'b'])); report('matmul', 2.147, await race({ r }, 10)); }
