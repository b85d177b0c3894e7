import { race, report, variant } from './micro.js';
const MS = { domain: 'com.microsoft' };
for (const [n, h, l, k, d] of [[64, 4, 64, 64, 32], [16, 4, 256, 256, 16], [2, 8, 1024, 1024, 80], [1, 8, 4096, 4096, 40], [2, 8, 1024, 77, 80], [2, 12, 77, 77, 64]] as const) {
  const runs: Record<string, () => Promise<Float32Array>> = {};
  const inputs = { q: [n, h, l, d], k: [n, h, k, d], v: [n, h, k, d] };
  const scale = 1 / Math.sqrt(d); const out = [n, h, l, d];
  runs.plain = await variant(inputs, out, ({ emit, float }) => emit('MatMul', [emit('Softmax', [emit('MatMul', [emit('Mul', ['q', float(scale)]), emit('Transpose', ['k'], { perm: [0, 1, 3, 2] })])], { axis: -1 }), 'v']));
  runs.fused = await variant(inputs, out, ({ emit }) => emit('MatMul', [emit('Softmax', [emit('FusedMatMul', ['q', 'k'], { transB: 1, alpha: { float: scale } }, MS)], { axis: -1 }), 'v']));
  runs.mha4 = await variant(inputs, out, ({ emit, ints }) => { const q = emit('Reshape', [emit('Transpose', ['q'], { perm: [0, 2, 1, 3] }), ints([n, l, h * d])]); const y = emit('MultiHeadAttention', [q, 'k', 'v'], { num_heads: h, scale: { float: scale } }, MS); return emit('Transpose', [emit('Reshape', [y, ints([n, l, h, d])])], { perm: [0, 2, 1, 3] }); });
  runs.mha1 = await variant(inputs, out, ({ emit, ints }) => { const r = (x: string, t: number) => emit('Reshape', [x, ints([n * h, t, d])]); return emit('Reshape', [emit('MultiHeadAttention', [r('q', l), r('k', k), r('v', k)], { num_heads: 1, scale: { float: scale } }, MS), ints(out)]); });
  try { report(`attention ${[n, h, l, k, d]}`, 4 * n * h * l * k * d / 1e9, await race(runs, 7)); } catch (e) { console.log(String(e)); }
  console.log('   rss', (process.resourceUsage().maxRSS / 1024).toFixed(0));
}
