import ort from 'onnxruntime-node';
import { race, report, variant } from './micro.js';
for (const [m, rows, w] of [[4928, 3000, 128], [20000, 4, 64], [4096, 49408, 64], [64 * 30, 100, 128]] as const) {
  const idx = Int32Array.from({ length: m }, (_, i) => (i * 7919) % rows);
  const runs: Record<string, () => Promise<Float32Array>> = {};
  const zero = (e: any) => e.constant({ dtype: 'float32', shape: [rows, w], data: new Float32Array(rows * w) });
  runs.elements = await variant({ u: [m, w] }, [rows, w], (e) => { const i = e.emit('Cast', [e.constant({ dtype: 'int32', shape: [m, 1], data: idx })], { to: 7 }); return e.emit('ScatterElements', [zero(e), e.emit('Expand', [i, e.ints([m, w])]), 'u'], { axis: 0, reduction: 'add' }); });
  runs.nd = await variant({ u: [m, w] }, [rows, w], (e) => e.emit('ScatterND', [zero(e), e.emit('Cast', [e.constant({ dtype: 'int32', shape: [m, 1], data: idx })], { to: 7 }), 'u'], { reduction: 'add' }));
  if (rows * m < 2e7) runs.onehot = await variant({ u: [m, w] }, [rows, w], (e) => { const range = Int32Array.from({ length: rows }, (_, i) => i); const hot = e.emit('Cast', [e.emit('Equal', [e.constant({ dtype: 'int32', shape: [rows, 1], data: range }), e.constant({ dtype: 'int32', shape: [1, m], data: idx })])], { to: 1 }); return e.emit('MatMul', [e.emit('Add', [hot, e.emit('Mul', [e.emit('ReduceMax', ['u'], { keepdims: 0 }), e.float(0)])]), 'u']); });
  report(`scatter ${m} -> ${rows} x ${w}`, 1, await race(runs, 7));
}
void ort;
