import type { Emitter } from '../src/emitter.js';
import { race, report, variant } from './micro.js';
const MS = { domain: 'com.microsoft' };
const ones = (e: Emitter, n: number) => e.constant({ dtype: 'float32', shape: [n], data: new Float32Array(n).fill(1) });
const zeros = (e: Emitter, n: number) => e.constant({ dtype: 'float32', shape: [n], data: new Float32Array(n) });
const tail = (e: Emitter, y: string, size: number) => e.emit('Slice', [e.emit('Reshape', [y, e.ints([size])]), e.ints([0]), e.ints([8]), e.ints([0])]);
function expanded(e: Emitter, x: string, n: number) {
  const { emit, ints, float } = e;
  const c = emit('Sub', [x, emit('Div', [emit('ReduceSum', [x, ints([-1])], { keepdims: 1 }), float(n)])]);
  const v = emit('Div', [emit('ReduceSum', [emit('Mul', [c, c]), ints([-1])], { keepdims: 1 }), float(n)]);
  const inv = emit('Div', [float(1), emit('Sqrt', [emit('Add', [v, float(1e-5)])])]);
  return { normal: emit('Mul', [c, inv]), inv };
}
for (const [rows, width] of [[64 * 64, 128], [64 * 16, 8 * 64], [64 * 16, 4 * 256], [32 * 16, 8 * 1024]] as const) {
  const size = rows * width; const x = { x: [rows, width] };
  const runs: Record<string, () => Promise<Float32Array>> = {};
  runs.nothing = await variant(x, [8], (e) => tail(e, 'x', size));
  runs.one = await variant(x, [8], (e) => tail(e, e.emit('Mul', ['x', 'x']), size));
  runs.exp = await variant(x, [8], (e) => tail(e, expanded(e, 'x', width).normal, size));
  runs.ln = await variant(x, [8], (e) => tail(e, e.emit('LayerNormalization', ['x', ones(e, width)], { axis: -1, epsilon: { float: 1e-5 } }), size));
  runs.ln3 = await variant(x, [8], (e) => { const [y, , i] = e.emitAll('LayerNormalization', ['x', ones(e, width)], { axis: -1, epsilon: { float: 1e-5 } }, { outputs: 3 }); return e.emit('Add', [tail(e, y!, size), tail(e, i!, rows)]); });
  runs.inst = await variant(x, [8], (e) => tail(e, e.emit('InstanceNormalization', [e.emit('Reshape', ['x', e.ints([1, rows, width])]), ones(e, rows), zeros(e, rows)], { epsilon: { float: 1e-5 } }), size));
  runs.mvn = await variant(x, [8], (e) => tail(e, e.emit('MeanVarianceNormalization', [e.emit('Reshape', ['x', e.ints([1, rows, width, 1])])], { axes: [2, 3] }), size));
  runs.softmax = await variant(x, [8], (e) => tail(e, e.emit('Softmax', ['x'], { axis: -1 }), size));
  runs.sum = await variant(x, [8], (e) => tail(e, e.emit('ReduceSum', ['x', e.ints([-1])]), rows));
  runs.gemv = await variant(x, [8], (e) => tail(e, e.emit('MatMul', ['x', e.constant({ dtype: 'float32', shape: [width, 1], data: new Float32Array(width).fill(1) })]), rows));
  report(`${rows} x ${width}`, size / 1e9, await race(runs, 20));
}
