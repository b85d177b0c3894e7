import type { Emitter } from '../src/emitter.js';
import { race, report, variant } from './micro.js';
const MS = { domain: 'com.microsoft' };
for (const [p, c, o, t] of [[4096, 128, 512, 64], [4096, 512, 128, 64], [4096, 128, 128, 64], [16384, 64, 256, 256]] as const) {
  const x = { x: [p, c], dy: [p, o] }; const s = [c, o];
  const runs: Record<string, () => Promise<Float32Array>> = {};
  runs.transA = await variant(x, s, ({ emit }) => emit('FusedMatMul', ['x', 'dy'], { transA: 1 }, MS));
  runs.gemm = await variant(x, s, ({ emit }) => emit('Gemm', ['x', 'dy'], { transA: 1 }));
  runs.transAT = await variant(x, [o, c], ({ emit }) => emit('Gemm', ['dy', 'x'], { transA: 1 }));
  runs.explicitPad = await variant(x, s, ({ emit, ints }) => { const q = emit('Pad', [emit('Transpose', ['x'], { perm: [1, 0] }), ints([0, 0, 0, 16])]); return emit('MatMul', [q, emit('Pad', ['dy', ints([0, 0, 16, 0])])]); });
  runs.batched = await variant(x, s, ({ emit, ints }) => emit('ReduceSum', [emit('FusedMatMul', [emit('Reshape', ['x', ints([p / t, t, c])]), emit('Reshape', ['dy', ints([p / t, t, o])])], { transA: 1 }, MS), ints([0])], { keepdims: 0 }));
  runs.explicitBatched = await variant(x, s, ({ emit, ints }) => emit('ReduceSum', [emit('MatMul', [emit('Transpose', [emit('Reshape', ['x', ints([p / 512, 512, c])])], { perm: [0, 2, 1] }), emit('Reshape', ['dy', ints([p / 512, 512, o])])]), ints([0])], { keepdims: 0 }));
  runs.explicitBatched480 = await variant(x, s, ({ emit, ints }) => emit('ReduceSum', [emit('MatMul', [emit('Transpose', [emit('Reshape', ['x', ints([p / 256, 256, c])])], { perm: [0, 2, 1] }), emit('Reshape', ['dy', ints([p / 256, 256, o])])]), ints([0])], { keepdims: 0 }));
  delete runs.transAT;
  runs.forward = await variant({ x: [p, c], w: [c, o] }, [8], ({ emit, ints }) => emit('Slice', [emit('Reshape', [emit('MatMul', ['x', 'w']), ints([-1])]), ints([0]), ints([8]), ints([0])]));
  runs.backX = await variant({ dy: [p, o], w: [c, o] }, [8], ({ emit, ints }) => emit('Slice', [emit('Reshape', [emit('FusedMatMul', ['dy', 'w'], { transB: 1 }, MS), ints([-1])]), ints([0]), ints([8]), ints([0])]));
  report(`x [${p},${c}] dy [${p},${o}]`, 2 * p * c * o / 1e9, await race(runs, 15));
}
