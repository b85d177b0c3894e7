import { race, report, variant } from './micro.js';
import { normals } from '@spatiallock/core';
const MS = { domain: 'com.microsoft' };
for (const [n, c, h, f] of [[32, 32, 64, 2], [32, 12, 128, 2], [32, 3, 128, 2]] as const) {
  const g = h / f; const s = [n, c, h, h]; const o = [n, c * f * f, g, g];
  const runs: Record<string, () => Promise<Float32Array>> = {};
  runs.transpose6 = await variant({ x: s }, o, ({ emit, ints }) => emit('Reshape', [emit('Transpose', [emit('Reshape', ['x', ints([n, c, g, f, g, f])])], { perm: [0, 1, 3, 5, 2, 4] }), ints(o)]));
  runs.s2d = await variant({ x: s }, o, ({ emit, ints }) => emit('Reshape', [emit('Transpose', [emit('Reshape', [emit('SpaceToDepth', ['x'], { blocksize: f }), ints([n, f * f, c, g * g])])], { perm: [0, 2, 1, 3] }), ints(o)]));
  runs.twostep = await variant({ x: s }, o, ({ emit, ints }) => { const a = emit('Transpose', [emit('Reshape', ['x', ints([n * c * g * f, g, f])])], { perm: [0, 2, 1] }); return emit('Reshape', [emit('Transpose', [emit('Reshape', [a, ints([n * c, g, f * f, g])])], { perm: [0, 2, 1, 3] }), ints(o)]); });
  const k = new Float32Array(c * f ** 4); for (let i = 0; i < c; i++) for (let j = 0; j < f * f; j++) k[(i * f * f + j) * f * f + j] = 1;
  runs.conv = await variant({ x: s }, o, ({ emit, constant }) => emit('Conv', ['x', constant({ dtype: 'float32', shape: [c * f * f, 1, f, f], data: k })], { group: c, strides: [f, f] }));
  runs.conv1 = await variant({ x: s }, o, ({ emit, ints, constant }) => emit('Reshape', [emit('Conv', [emit('Reshape', ['x', ints([n * c, 1, h, h])]), constant({ dtype: 'float32', shape: [f * f, 1, f, f], data: k.slice(0, f ** 4) })], { strides: [f, f] }), ints(o)]));
  runs.slices = await variant({ x: s }, o, ({ emit, ints }) => { const p = []; for (let a = 0; a < f; a++) for (let b = 0; b < f; b++) p.push(emit('Reshape', [emit('Slice', ['x', ints([a, b]), ints([h, h]), ints([2, 3]), ints([f, f])]), ints([n, c, 1, g, g])])); return emit('Reshape', [emit('Concat', p, { axis: 2 }), ints(o)]); });
  report(`unshuffle ${s}`, n * c * h * h / 1e9, await race(runs, 5));
  const back: typeof runs = {};
  back.d2s = await variant({ x: o }, s, ({ emit }) => emit('DepthToSpace', ['x'], { blocksize: f, mode: 'CRD' }));
  back.twostep = await variant({ x: o }, s, ({ emit, ints }) => { const a = emit('Transpose', [emit('Reshape', ['x', ints([n * c, f * f, g, g])])], { perm: [0, 2, 1, 3] }); return emit('Reshape', [emit('Transpose', [emit('Reshape', [a, ints([n * c * g * f, f, g])])], { perm: [0, 2, 1] }), ints(s)]); });
  back.convT = await variant({ x: o }, s, ({ emit, constant }) => emit('ConvTranspose', ['x', constant({ dtype: 'float32', shape: [c * f * f, 1, f, f], data: k })], { group: c, strides: [f, f] }));
  report(`shuffle ${s}`, n * c * h * h / 1e9, await race(back, 5));
}
{ // channel norm: x * rsqrt(mean_c x^2)
  const [n, c, h] = [32, 96, 32]; const s = [n, c, h, h];
  const runs: Record<string, () => Promise<Float32Array>> = {};
  runs.sum = await variant({ x: s }, [n, 1, h, h], ({ emit, ints }) => emit('ReduceSum', [emit('Mul', ['x', 'x']), ints([1])], { keepdims: 1 }));
  runs.sumsq = await variant({ x: s }, [n, 1, h, h], ({ emit, ints }) => emit('ReduceSumSquare', ['x', ints([1])], { keepdims: 1 }));
  runs.matmul = await variant({ x: s }, [n, 1, h, h], ({ emit, ints, constant }) => emit('Reshape', [emit('MatMul', [constant({ dtype: 'float32', shape: [1, 1, c], data: new Float32Array(c).fill(1) }), emit('Reshape', [emit('Mul', ['x', 'x']), ints([n, c, h * h])])]), ints([n, 1, h, h])]));
  runs.conv = await variant({ x: s }, [n, 1, h, h], ({ emit, constant }) => emit('Conv', [emit('Mul', ['x', 'x']), constant({ dtype: 'float32', shape: [1, c, 1, 1], data: new Float32Array(c).fill(1) })]));
  runs.mulOnly = await variant({ x: s }, s, ({ emit }) => emit('Mul', ['x', 'x']));
  report('channel sum', n * c * h * h / 1e9, await race(runs, 5));
  const r2: typeof runs = {};
  r2.rkr = await variant({ x: s }, [c], ({ emit, ints }) => emit('ReduceSum', ['x', ints([0, 2, 3])], { keepdims: 0 }));
  r2.gemm = await variant({ x: s }, [c], ({ emit, ints, constant }) => emit('ReduceSum', [emit('Reshape', [emit('MatMul', [emit('Reshape', ['x', ints([n * c, h * h])]), constant({ dtype: 'float32', shape: [h * h, 1], data: new Float32Array(h * h).fill(1) })]), ints([n, c])]), ints([0])], { keepdims: 0 }));
  r2.two = await variant({ x: s }, [c], ({ emit, ints }) => emit('ReduceSum', [emit('ReduceSum', ['x', ints([2, 3])], { keepdims: 0 }), ints([0])], { keepdims: 0 }));
  report('bias sum', n * c * h * h / 1e9, await race(r2, 5));
  const y = [n, h * h, 128];
  const r3: typeof runs = {};
  r3.silu = await variant({ x: s }, s, ({ emit }) => emit('QuickGelu', ['x'], { alpha: { float: 1 } }, MS));
  r3.siluMul = await variant({ x: s }, s, ({ emit }) => emit('Mul', ['x', emit('Sigmoid', ['x'])]));
  r3.tanhForm = await variant({ x: s }, s, ({ emit, float }) => { const h2 = emit('Mul', ['x', float(0.5)]); return emit('Add', [h2, emit('Mul', [h2, emit('Tanh', [h2])])]); });
  report('silu', n * c * h * h / 1e9, await race(r3, 5));
  const r4: typeof runs = {};
  r4.gelu = await variant({ x: y }, y, ({ emit }) => emit('Gelu', ['x'], {}, MS));
  r4.gelu20 = await variant({ x: y }, y, ({ emit }) => emit('Gelu', ['x']));
  r4.erf = await variant({ x: y }, y, ({ emit, float }) => emit('Mul', [emit('Mul', ['x', float(0.5)]), emit('Add', [emit('Erf', [emit('Mul', ['x', float(Math.SQRT1_2)])]), float(1)])]));
  r4.exp = await variant({ x: y }, y, ({ emit }) => emit('Exp', ['x']));
  r4.erfonly = await variant({ x: y }, y, ({ emit }) => emit('Erf', ['x']));
  r4.sigmoid = await variant({ x: y }, y, ({ emit }) => emit('Sigmoid', ['x']));
  report('gelu', n * h * h * 128 / 1e9, await race(r4, 5));
}
