import type { Emitter } from '../src/emitter.js';
import { normals } from '@spatiallock/core';
import { race, report, variant } from './micro.js';
const list: [number, number, number, number, number][] = [[32, 32, 32, 64, 3], [32, 96, 96, 32, 3], [32, 128, 128, 16, 3], [64, 64, 64, 16, 3], [64, 128, 128, 8, 3], [32, 128, 384, 16, 3], [32, 32, 12, 64, 3], [32, 384, 128, 16, 3], [32, 128, 96, 32, 1]];
for (const [n, c, o, h, k] of list) {
  const w = normals(3, o * c * k * k); const p = (k - 1) / 2; const pads = [p, p, p, p];
  const runs: Record<string, () => Promise<Float32Array>> = {};
  const add = async (name: string, build: (e: Emitter) => string) => { runs[name] = await variant({ x: [n, c, h, h], w: [o, c, k, k] }, [n, o, h, h], build); };
  await add('feed', (e) => e.emit('Conv', ['x', 'w'], { pads }));
  await add('constant', (e) => e.emit('Conv', ['x', e.constant({ dtype: 'float32', shape: [o, c, k, k], data: normals(2, w.length) })], { pads }));
  await add('relu', (e) => e.emit('Relu', ['x']).length ? e.emit('Add', ['x', 'x']) && e.emit('Conv', ['x', 'w'], { pads }) : '');
  delete runs.relu;
  report(`[${n},${c},${h},${h}] -> ${o} k${k}`, 2 * k * k * c * o * n * h * h / 1e9, await race(runs, 7));
}
{ // peak
  const r = await variant({ a: [1024, 1024], b: [1024, 1024] }, [1024, 1024], (e) => e.emit('MatMul', ['a', 'b']));
  report('matmul', 2.147, await race({ r }, 10));
}
