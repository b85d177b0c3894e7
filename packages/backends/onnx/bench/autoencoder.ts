// A stack like the first levels of a DC autoencoder's decoder, to profile training with.
import {
  add, divide, type Graph, grad, initialise, input, layers, mean, multiply, normals, parameterStore, perChannel, pixelShuffle, pixelUnshuffle,
  type Scope, silu, sqrt, subtract, tensor, type Value, ones, abs, concat, groupNorm, attention, reshape, transpose, gelu, split,
} from '@spatiallock/core';

function rms(scope: Scope, x: Value): Value {
  const w = scope.param('weight', [x.shape[1]!], ones);
  const scale = divide(1, sqrt(add(mean(multiply(x, x), [1], true), 1e-5)));
  return multiply(multiply(x, scale), perChannel(w, x));
}

function resBlock(scope: Scope, x: Value): Value {
  const h = silu(layers.conv2d(scope.at('conv1'), x, x.shape[1]!, 3, { padding: 1 }));
  const g = layers.conv2d(scope.at('conv2'), h, x.shape[1]!, 3, { padding: 1, bias: false });
  return add(x, rms(scope.at('norm'), g));
}

export function autoencoder(batch: number) {
  const { scope, params } = parameterStore();
  const image = input('image', [batch, 3, 128, 128]);
  let x = layers.conv2d(scope.at('in'), pixelUnshuffle(image, 2), 32, 3, { padding: 1 });
  x = resBlock(scope.at('e0'), x);
  x = layers.conv2d(scope.at('d0'), pixelUnshuffle(x, 2), 96, 1);
  x = resBlock(scope.at('e1'), x);
  x = layers.conv2d(scope.at('d1'), x, 32, 3, { padding: 1 });
  x = layers.conv2d(scope.at('d1b'), pixelUnshuffle(x, 2), 128, 1);
  x = resBlock(scope.at('e2'), x);
  x = layers.conv2d(scope.at('u1'), x, 96 * 4, 3, { padding: 1 });
  x = resBlock(scope.at('g1'), pixelShuffle(x, 2));
  x = layers.conv2d(scope.at('u0'), x, 32 * 4, 3, { padding: 1 });
  x = resBlock(scope.at('g0'), pixelShuffle(x, 2));
  x = pixelShuffle(layers.conv2d(scope.at('out'), silu(x), 12, 3, { padding: 1 }), 2);
  const loss = mean(abs(subtract(x, image)));
  return train({ image }, params, loss);
}

export function train(inputs: Record<string, Value>, params: Record<string, Value>, loss: Value, rate = 0.01) {
  const names = Object.keys(params);
  const grads = grad(loss, names.map((n) => params[n]!));
  const updates = Object.fromEntries(names.map((n, i) => [n, subtract(params[n]!, multiply(grads[i]!, rate))]));
  const graph: Graph = { inputs, params, outputs: { loss }, updates };
  const feeds = Object.fromEntries(Object.entries(inputs).map(([n, v], i) => [n, tensor(normals(i + 1, v.shape.reduce((a, b) => a * b, 1)), v.shape)]));
  return { graph, params: initialise(params, 1), feeds };
}

function tokensOf(x: Value) { const [n, c, h, w] = x.shape as [number, number, number, number]; return transpose(reshape(x, [n, c, h * w]), [0, 2, 1]); }
function mapOf(t: Value, like: Value) { return reshape(transpose(t, [0, 2, 1]), like.shape); }
function heads(t: Value, k: number) { const [n, l, c] = t.shape as [number, number, number]; return transpose(reshape(t, [n, l, k, c / k]), [0, 2, 1, 3]); }
function unheads(t: Value) { const [n, k, l, d] = t.shape as [number, number, number, number]; return reshape(transpose(t, [0, 2, 1, 3]), [n, l, k * d]); }
function attn(scope: Scope, x: Value, context: Value, k: number) {
  const c = x.shape.at(-1)!;
  const q = heads(layers.linear(scope.at('q'), x, c, { bias: false }), k);
  const kk = heads(layers.linear(scope.at('k'), context, c, { bias: false }), k);
  const v = heads(layers.linear(scope.at('v'), context, c, { bias: false }), k);
  return layers.linear(scope.at('o'), unheads(attention(q, kk, v)), c);
}
function geglu(scope: Scope, x: Value) {
  const c = x.shape.at(-1)!;
  const [a, b] = split(layers.linear(scope.at('p'), x, 8 * c), 2, -1) as [Value, Value];
  return layers.linear(scope.at('o'), multiply(a, gelu(b)), c);
}
function transformer(scope: Scope, x: Value, text: Value) {
  let t = tokensOf(layers.groupNorm(scope.at('n'), x, 32));
  t = layers.linear(scope.at('in'), t, t.shape.at(-1)!);
  const l1 = layers.layerNorm(scope.at('n1'), t);
  t = add(t, attn(scope.at('a1'), l1, l1, 4));
  t = add(t, attn(scope.at('a2'), layers.layerNorm(scope.at('n2'), t), text, 4));
  t = add(t, geglu(scope.at('ff'), layers.layerNorm(scope.at('n3'), t)));
  return add(x, mapOf(layers.linear(scope.at('out'), t, t.shape.at(-1)!), x));
}
function res(scope: Scope, x: Value, c: number, emb: Value) {
  let h = layers.conv2d(scope.at('c1'), silu(layers.groupNorm(scope.at('n1'), x, 32)), c, 3, { padding: 1 });
  const e = layers.linear(scope.at('t'), silu(emb), c);
  h = add(h, reshape(e, [e.shape[0]!, c, 1, 1]));
  h = layers.conv2d(scope.at('c2'), silu(layers.groupNorm(scope.at('n2'), h, 32)), c, 3, { padding: 1 });
  return add(c === x.shape[1] ? x : layers.conv2d(scope.at('s'), x, c, 1), h);
}
export function unet(batch: number) {
  const { scope, params } = parameterStore();
  const latents = input('latents', [batch, 8, 16, 16]);
  const noise = input('noise', [batch, 8, 16, 16]);
  const text = input('text', [batch, 24, 128]);
  const emb = input('emb', [batch, 256]);
  let x = layers.conv2d(scope.at('in'), latents, 64, 3, { padding: 1 });
  const s0 = (x = res(scope.at('d0'), x, 64, emb));
  x = layers.conv2d(scope.at('down'), x, 64, 3, { padding: 1, stride: 2 });
  x = res(scope.at('d1'), x, 128, emb);
  const s1 = (x = transformer(scope.at('t1'), x, text));
  x = transformer(scope.at('tm'), res(scope.at('m'), x, 128, emb), text);
  x = transformer(scope.at('t2'), res(scope.at('u1'), concat([x, s1], 1), 128, emb), text);
  x = layers.conv2d(scope.at('up'), upsample(x), 128, 3, { padding: 1 });
  x = res(scope.at('u0'), concat([x, s0], 1), 64, emb);
  x = transformer(scope.at('t0'), x, text);
  x = layers.conv2d(scope.at('out'), silu(layers.groupNorm(scope.at('no'), x, 32)), 8, 3, { padding: 1 });
  const d = subtract(x, noise);
  return train({ latents, noise, text, emb }, params, mean(multiply(d, d)));
}
import { upsampleNearest } from '@spatiallock/core';
const upsample = (x: Value) => upsampleNearest(x, 2);
