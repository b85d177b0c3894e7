import type { Emitter } from '../src/emitter.js';
import { race, report, variant } from './micro.js';
const MS = { domain: 'com.microsoft' };
function shapes(n: number, c: number, o: number, h: number) {
  const im2col = ({ emit, ints, constant }: Emitter) => {
    const p = n * h * h; const hp = h + 2;
    const t = emit('Reshape', [emit('Pad', [emit('Transpose', ['x'], { perm: [0, 2, 3, 1] }), ints([0, 1, 1, 0, 0, 1, 1, 0])]), ints([n * hp * hp, c])]);
    const rows = new Int32Array(p * 9); let at = 0;
    for (let i = 0; i < n; i++) for (let y = 0; y < h; y++) for (let x = 0; x < h; x++) for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) rows[at++] = (i * hp + y + a) * hp + x + b;
    const g = emit('Reshape', [emit('Gather', [t, constant({ dtype: 'int32', shape: [p * 9], data: rows })], { axis: 0 }), ints([p, 9 * c])]);
    return { g, p };
  };
const direct = (x: string, dy: string, ch: number, oc: number, padBy: 'pad' | 'conv') => (e: Emitter) => { const { emit, ints } = e; const D = { domain: 'com.microsoft.nchwc' };
      // input x: batch = ch; kernel: dy, oc outputs
      const t = emit('Transpose', [x], { perm: [1, 0, 2, 3] });
      const xp = padBy === 'pad' ? emit('Pad', [t, ints([0, 0, 1, 1, 0, 0, 1, 1])]) : t;
      const k = emit('Reshape', [emit('Transpose', [emit('Reshape', [emit('ReorderInput', [dy], {}, D), ints([n / 16, 16, oc / 16, h * h, 16])])], { perm: [2, 0, 3, 1, 4] }), ints([oc, n, h, h])]);
      const q = padBy === 'pad' ? 0 : 1;
      const y = emit('Conv', [emit('ReorderInput', [xp], {}, D), k], { kernel_shape: [h, h], strides: [1, 1], dilations: [1, 1], pads: [q, q, q, q], group: 1 }, D);
      return emit('ReorderOutput', [y], { channels: oc }, D); };
  const finish9 = (e: Emitter, m: string) => e.emit('Transpose', [e.emit('Reshape', [m, e.ints([o, 3, 3, c])])], { perm: [0, 3, 1, 2] });
  // m: [3 ky' O, 3 kx C]; with dY shifted: A_ky[y] = dY[y - (ky-1)]
  const finish33 = (e: Emitter, m: string) => e.emit('Transpose', [e.emit('Reshape', [m, e.ints([3, o, 3, c])])], { perm: [1, 3, 0, 2] });
  const shiftX = ({ emit, ints }: Emitter, axis: number) => {
    const pad = emit('Pad', ['x', ints([0, 0, 0, 1, 0, 0, 0, 1])]);
    const parts = [0, 1, 2].map((k) => k === 1 ? 'x' : emit('Slice', [pad, ints([k]), ints([k + h]), ints([3])]));
    return emit('Concat', parts, { axis });
  };
  const shiftY = ({ emit, ints }: Emitter) => {
    const pad = emit('Pad', ['dy', ints([0, 0, 1, 0, 0, 0, 1, 0])]);
    const parts = [0, 1, 2].map((k) => k === 1 ? 'dy' : emit('Slice', [pad, ints([2 - k]), ints([2 - k + h]), ints([2])]));
    return emit('Concat', parts, { axis: 1 });
  };
  return {
    gather: (e: Emitter) => { const { emit, ints } = e; const { g, p } = im2col(e); return finish9(e, emit('MatMul', [emit('Reshape', [emit('Transpose', ['dy'], { perm: [1, 0, 2, 3] }), ints([o, p])]), g])); },
    gatherT: (e: Emitter) => { const { emit, ints } = e; const { g, p } = im2col(e); return finish9(e, emit('Gemm', [emit('Reshape', [emit('Transpose', ['dy'], { perm: [0, 2, 3, 1] }), ints([p, o])]), g], { transA: 1 })); },
    gatherR: (e: Emitter) => { const { emit, ints } = e; const { g, p } = im2col(e); const m = emit('Gemm', [g, emit('Reshape', [emit('Transpose', ['dy'], { perm: [0, 2, 3, 1] }), ints([p, o])])], { transA: 1 }); return emit('Transpose', [emit('Reshape', [m, ints([3, 3, c, o])])], { perm: [3, 2, 0, 1] }); },
    batched33: (e: Emitter) => { const { emit, ints } = e; const A = emit('Reshape', [shiftY(e), ints([n, 3 * o, h * h])]); const B = emit('Reshape', [shiftX(e, 1), ints([n, 3 * c, h * h])]);
      return finish33(e, emit('ReduceSum', [emit('FusedMatMul', [A, B], { transB: 1 }, MS), ints([0])], { keepdims: 0 })); },
    flat33: (e: Emitter) => { const { emit, ints } = e; const A = emit('Reshape', [emit('Transpose', [shiftY(e)], { perm: [1, 0, 2, 3] }), ints([3 * o, n * h * h])]); const B = emit('Reshape', [emit('Transpose', [shiftX(e, 1)], { perm: [1, 0, 2, 3] }), ints([3 * c, n * h * h])]);
      return finish33(e, emit('Gemm', [A, B], { transB: 1 })); },
    depthwise33: (e: Emitter) => { const { emit, ints, constant } = e;
      const kx = new Float32Array(3 * c * 3); for (let i = 0; i < c; i++) for (let k = 0; k < 3; k++) kx[(i * 3 + k) * 3 + k] = 1;
      const ky = new Float32Array(3 * o * 3); for (let i = 0; i < o; i++) for (let k = 0; k < 3; k++) ky[(i * 3 + k) * 3 + 2 - k] = 1;
      const B = emit('Reshape', [emit('Conv', ['x', constant({ dtype: 'float32', shape: [3 * c, 1, 1, 3], data: kx })], { group: c, pads: [0, 1, 0, 1] }), ints([n, 3 * c, h * h])]);
      const A = emit('Reshape', [emit('Conv', ['dy', constant({ dtype: 'float32', shape: [3 * o, 1, 3, 1], data: ky })], { group: o, pads: [1, 0, 1, 0] }), ints([n, 3 * o, h * h])]);
      const m = emit('ReduceSum', [emit('FusedMatMul', [A, B], { transB: 1 }, MS), ints([0])], { keepdims: 0 });
      return emit('Transpose', [emit('Reshape', [m, ints([o, 3, c, 3])])], { perm: [0, 2, 1, 3] }); },
    nhwc33: (e: Emitter) => { const { emit, ints, constant } = e; const p = n * h * h;
      // zero row at the end by Pad
      const table = (s: string, ch: number) => emit('Pad', [emit('Reshape', [emit('Transpose', [s], { perm: [0, 2, 3, 1] }), ints([p, ch])]), ints([0, 0, 1, 0])]);
      const idx = (f: (y: number, x: number, k: number) => [number, number]) => { const r = new Int32Array(p * 3); let at = 0; for (let i = 0; i < n; i++) for (let y = 0; y < h; y++) for (let x = 0; x < h; x++) for (let k = 0; k < 3; k++) { const [a, b] = f(y, x, k); r[at++] = a < 0 || b < 0 || a >= h || b >= h ? p : (i * h + a) * h + b; } return constant({ dtype: 'int32', shape: [p * 3], data: r }); };
      const B = emit('Reshape', [emit('Gather', [table('x', c), idx((y, x, k) => [y, x + k - 1])], { axis: 0 }), ints([p, 3 * c])]);
      const A = emit('Reshape', [emit('Gather', [table('dy', o), idx((y, x, k) => [y - (k - 1), x])], { axis: 0 }), ints([p, 3 * o])]);
      return finish33(e, emit('Gemm', [A, B], { transA: 1 })); },
    rows9conv: (e: Emitter) => { const { emit, ints, constant } = e; const hp = h + 1;
      const k = new Float32Array(81); for (let i = 0; i < 9; i++) k[i * 10] = 1;
      const xp = emit('Reshape', [emit('Pad', [emit('Transpose', ['x'], { perm: [1, 0, 2, 3] }), ints([0, 0, 0, 0, 0, 0, 1, 0])]), ints([c, 1, n * hp, h])]);
      const A = emit('Reshape', [emit('Conv', [xp, constant({ dtype: 'float32', shape: [9, 1, 3, 3], data: k })], { pads: [1, 1, 1, 1] }), ints([c * 9, n * hp * h])]);
      const B = emit('Reshape', [emit('Pad', [emit('Transpose', ['dy'], { perm: [0, 2, 3, 1] }), ints([0, 0, 0, 0, 0, 1, 0, 0])]), ints([n * hp * h, o])]);
      return emit('Reshape', [emit('Transpose', [emit('MatMul', [A, B])], { perm: [1, 0] }), ints([o, c, 3, 3])]); },
    rows9convT: (e: Emitter) => { const { emit, ints, constant } = e; const hp = h + 1;
      const k = new Float32Array(81); for (let i = 0; i < 9; i++) k[i * 10] = 1;
      const xp = emit('Reshape', [emit('Pad', [emit('Transpose', ['x'], { perm: [1, 0, 2, 3] }), ints([0, 0, 0, 0, 0, 0, 1, 0])]), ints([c, 1, n * hp, h])]);
      const A = emit('Reshape', [emit('Conv', [xp, constant({ dtype: 'float32', shape: [9, 1, 3, 3], data: k })], { pads: [1, 1, 1, 1] }), ints([c * 9, n * hp * h])]);
      const B = emit('Reshape', [emit('Pad', [emit('Transpose', ['dy'], { perm: [1, 0, 2, 3] }), ints([0, 0, 0, 0, 0, 0, 1, 0])]), ints([o, n * hp * h])]);
      return emit('Reshape', [emit('Gemm', [B, A], { transB: 1 }), ints([o, c, 3, 3])]); },
    rows9slice: (e: Emitter) => { const { emit, ints } = e;
      const xp = emit('Pad', [emit('Transpose', ['x'], { perm: [1, 0, 2, 3] }), ints([0, 0, 1, 1, 0, 0, 1, 1])]);
      const parts: string[] = []; for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) parts.push(emit('Slice', [xp, ints([a, b]), ints([a + h, b + h]), ints([2, 3])]));
      const A = emit('Reshape', [emit('Concat', parts, { axis: 0 }), ints([c * 9, n * h * h])]);
      const B = emit('Reshape', [emit('Transpose', ['dy'], { perm: [0, 2, 3, 1] }), ints([n * h * h, o])]);
      return emit('Transpose', [emit('Reshape', [emit('MatMul', [A, B]), ints([3, 3, c, o])])], { perm: [3, 2, 0, 1] }); },
    batched9: (e: Emitter) => { const { emit, ints, constant } = e;
      const k = new Float32Array(81 * c); for (let j = 0; j < c; j++) for (let i = 0; i < 9; i++) k[j * 81 + i * 10] = 1;
      const A = emit('Reshape', [emit('Conv', ['x', constant({ dtype: 'float32', shape: [9 * c, 1, 3, 3], data: k })], { group: c, pads: [1, 1, 1, 1] }), ints([n, 9 * c, h * h])]);
      const B = emit('Reshape', [emit('Transpose', ['dy'], { perm: [0, 2, 3, 1] }), ints([n, h * h, o])]);
      const m = emit('ReduceSum', [emit('MatMul', [A, B]), ints([0])], { keepdims: 0 });
      return emit('Reshape', [emit('Transpose', [m], { perm: [1, 0] }), ints([o, c, 3, 3])]); },
    hybrid33: (e: Emitter) => { const { emit, ints, constant } = e; const p = n * h * h;
      const ky = new Float32Array(3 * o * 3); for (let i = 0; i < o; i++) for (let k = 0; k < 3; k++) ky[(i * 3 + k) * 3 + 2 - k] = 1;
      const A = emit('Reshape', [emit('Conv', ['dy', constant({ dtype: 'float32', shape: [3 * o, 1, 3, 1], data: ky })], { group: o, pads: [1, 0, 1, 0] }), ints([n, 3 * o, h * h])]);
      const t = emit('Reshape', [emit('Pad', [emit('Transpose', ['x'], { perm: [0, 2, 3, 1] }), ints([0, 0, 1, 0, 0, 0, 1, 0])]), ints([n * h * (h + 2), c])]);
      const r = new Int32Array(p * 3); let at = 0; for (let i = 0; i < n * h; i++) for (let x = 0; x < h; x++) for (let k = 0; k < 3; k++) r[at++] = i * (h + 2) + x + k;
      const B = emit('Reshape', [emit('Gather', [t, constant({ dtype: 'int32', shape: [p * 3], data: r })], { axis: 0 }), ints([n, h * h, 3 * c])]);
      const m = emit('ReduceSum', [emit('MatMul', [A, B]), ints([0])], { keepdims: 0 });
      return emit('Transpose', [emit('Reshape', [m, ints([o, 3, 3, c])])], { perm: [0, 3, 1, 2] }); },
    ...Object.fromEntries([16, 64].map((extra) => [`gatherPad${extra}`, (e: Emitter) => { const { emit, ints, constant } = e; const p = n * h * h; const hp = h + 2;
      const t = emit('Reshape', [emit('Pad', [emit('Transpose', ['x'], { perm: [0, 2, 3, 1] }), ints([0, 1, 1, 0, 0, 1, 1, 0])]), ints([n * hp * hp, c])]);
      const rows = new Int32Array((p + extra) * 9); let at = 0;
      for (let i = 0; i < n; i++) for (let y = 0; y < h; y++) for (let x = 0; x < h; x++) for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) rows[at++] = (i * hp + y + a) * hp + x + b;
      const g = emit('Reshape', [emit('Gather', [t, constant({ dtype: 'int32', shape: [rows.length], data: rows })], { axis: 0 }), ints([p + extra, 9 * c])]);
      return finish9(e, emit('MatMul', [emit('Pad', [emit('Reshape', [emit('Transpose', ['dy'], { perm: [1, 0, 2, 3] }), ints([o, p])]), ints([0, 0, 0, extra])]), g])); }])),
    depthPad: (e: Emitter) => { const { emit, ints, constant } = e;
      const kx = new Float32Array(3 * c * 3); for (let i = 0; i < c; i++) for (let k = 0; k < 3; k++) kx[(i * 3 + k) * 3 + k] = 1;
      const ky = new Float32Array(3 * o * 3); for (let i = 0; i < o; i++) for (let k = 0; k < 3; k++) ky[(i * 3 + k) * 3 + 2 - k] = 1;
      const B = emit('Reshape', [emit('Conv', ['x', constant({ dtype: 'float32', shape: [3 * c, 1, 1, 3], data: kx })], { group: c, pads: [0, 1, 1, 1] }), ints([n, 3 * c, (h + 1) * h])]);
      const A = emit('Reshape', [emit('Conv', ['dy', constant({ dtype: 'float32', shape: [3 * o, 1, 3, 1], data: ky })], { group: o, pads: [1, 0, 2, 0] }), ints([n, 3 * o, (h + 1) * h])]);
      const m = emit('ReduceSum', [emit('FusedMatMul', [A, B], { transB: 1 }, MS), ints([0])], { keepdims: 0 });
      return emit('Transpose', [emit('Reshape', [m, ints([o, 3, c, 3])])], { perm: [0, 2, 1, 3] }); },
    direct: (e: Emitter) => { const { emit, ints } = e; const D = { domain: 'com.microsoft.nchwc' };
      const xp = emit('Pad', [emit('Transpose', ['x'], { perm: [1, 0, 2, 3] }), ints([0, 0, 1, 1, 0, 0, 1, 1])]);
      const k = emit('Reshape', [emit('Transpose', [emit('Reshape', ['dy', ints([n / 16, 16, o / 16, 16, h, h])])], { perm: [2, 0, 4, 5, 1, 3] }), ints([o, n, h, h])]);
      const y = emit('Conv', [emit('ReorderInput', [xp], {}, D), k], { kernel_shape: [h, h], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], group: 1 }, D);
      return emit('Transpose', [emit('ReorderOutput', [y], { channels: o }, D)], { perm: [1, 0, 2, 3] }); },
    direct2: (e: Emitter) => e.emit('Transpose', [direct('x', 'dy', c, o, 'pad')(e)], { perm: [1, 0, 2, 3] }),
    direct2conv: (e: Emitter) => e.emit('Transpose', [direct('x', 'dy', c, o, 'conv')(e)], { perm: [1, 0, 2, 3] }),
    directSwap: (e: Emitter) => e.emit('Slice', [direct('dy', 'x', o, c, 'pad')(e), e.ints([-1, -1]), e.ints([-9, -9]), e.ints([2, 3]), e.ints([-1, -1])]),
    slices9: (e: Emitter) => { const { emit, ints } = e; const pad = emit('Pad', ['x', ints([0, 0, 1, 1, 0, 0, 1, 1])]); const A = emit('Reshape', ['dy', ints([n, o, h * h])]);
      const parts: string[] = []; for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) parts.push(emit('Reshape', [emit('Slice', [pad, ints([a, b]), ints([a + h, b + h]), ints([2, 3])]), ints([n, c, h * h])]));
      const m = emit('ReduceSum', [emit('FusedMatMul', [A, emit('Concat', parts, { axis: 1 })], { transB: 1 }, MS), ints([0])], { keepdims: 0 }); return finish9(e, m); },
  };
}
const list: [number, number, number, number][] = process.argv[2] ? JSON.parse(process.argv[2]) : [[32, 32, 32, 64], [32, 32, 32, 32], [32, 64, 64, 16], [32, 128, 128, 8], [64, 64, 64, 16], [64, 128, 128, 16], [64, 128, 128, 8], [32, 32, 12, 32], [32, 3, 8, 64]];
const skip = ['gatherPad64', 'depthPad', 'rows9conv', 'rows9convT', 'rows9slice', 'batched9', 'hybrid33', 'gatherT', 'gatherR', 'flat33', 'nhwc33', 'slices9', 'batched33'];
for (const [n, c, o, h] of list) {
  const v = shapes(n, c, o, h);
  const runs: Record<string, () => Promise<Float32Array>> = {};
  for (const [name, build] of Object.entries(v)) if (!skip.includes(name)) runs[name] = await variant({ x: [n, c, h, h], dy: [n, o, h, h] }, [o, c, 3, 3], build);
  report(`[${n},${c},${h},${h}] -> ${o}`, 2 * 9 * c * o * n * h * h / 1e9, await race(runs, 5));
}
