// Each hook of the specification in a small U-Net: where it is called, what follows from it, and which conflicts are errors.

import { describe, expect, it } from 'vitest';
import {
  type AttentionCall,
  type JoinedMaps,
  parseUNet2dConditionConfig,
  scaledAttention,
  type UNetHooks,
  unet2dCondition,
} from '../../src/entries/models.js';
import { initialise, normals } from '../../src/entries/nn.js';
import {
  add,
  constant,
  input,
  multiply,
  parameterStore,
  referenceBackend,
  sliceAxis,
  tensor,
  type Value,
} from '../../src/index.js';
import { SMALL_UNET } from '../smallUNet.js';

const config = parseUNet2dConditionConfig(SMALL_UNET);
const SIDE = 4;

/** The U-Net with plugins of these hooks, and what it gives for fixed numbers. */
async function run(all: Readonly<Record<string, UNetHooks>>) {
  const { scope, params } = parameterStore();
  const inputs = {
    sample: input('sample', [1, 4, SIDE, SIDE]),
    timestep: input('timestep', [1]),
    text: input('text', [1, 5, 6]),
  };
  const owned = Object.entries(all).map(([owner, hooks]) => ({ owner, hooks }));
  const given = { sample: inputs.sample, timestep: inputs.timestep, encoderHiddenStates: inputs.text };
  const output = unet2dCondition(scope, config, given, owned);
  const graph = { inputs, params, outputs: { output } };
  const executable = await referenceBackend().compile(graph, initialise(params, 3));
  const outputs = await executable.run({
    sample: tensor(normals(1, 4 * SIDE ** 2), [1, 4, SIDE, SIDE]),
    timestep: tensor([300], [1]),
    text: tensor(normals(2, 30), [1, 5, 6]),
  });
  return Array.from(outputs.output!.data as Float32Array);
}

const plain = await run({});
const gap = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe('hooks', () => {
  it('that give back what they got change nothing', async () => {
    const idle: UNetHooks = {
      parameter: (_name, value) => value,
      afterResnet: (map) => map,
      afterSelfAttention: (tokens) => tokens,
      afterCrossAttention: (tokens) => tokens,
      attention: (call, _site, next) => next(call),
      skip: (map) => map,
      mid: (map) => map,
      beforeConcat: (maps) => maps,
    };
    expect(await run({ idle })).toEqual(plain);
  });

  it.each([
    ['afterResnet', { afterResnet: (map) => multiply(map, 1.5) }],
    ['afterSelfAttention', { afterSelfAttention: (x) => multiply(x, 1.5) }],
    ['afterCrossAttention', { afterCrossAttention: (x) => multiply(x, 1.5) }],
    ['skip', { skip: (map) => multiply(map, 1.5) }],
    ['mid', { mid: (map) => multiply(map, 1.5) }],
    ['the backbone', { beforeConcat: ({ backbone, skip }) => ({ backbone: multiply(backbone, 1.5), skip }) }],
    ['the skip', { beforeConcat: ({ backbone, skip }) => ({ backbone, skip: multiply(skip, 1.5) }) }],
    ['a parameter', { parameter: (name, x) => (name === 'conv_in.weight' ? multiply(x, 1.5) : x) }],
    ['attention', { attention: (call, _site, next) => multiply(next(call), 1.5) }],
  ] satisfies [string, UNetHooks][])('change the output: %s', async (_what, hooks) => {
    const changed = await run({ hooks });
    expect(gap(changed, plain)).toBeGreaterThan(1e-4);
    expect(changed.every(Number.isFinite)).toBe(true);
  });

  it('see every skip in order, the first of conv_in, and leave the encoder alone', async () => {
    const seen: string[] = [];
    await run({
      reader: {
        skip(map, { index, scope, stage }) {
          seen.push(`${index} ${stage} ${scope.path} [${map.shape.join(',')}]`);
          return map;
        },
      },
    });
    expect(seen).toEqual([
      '0 down conv_in [1,8,4,4]',
      '1 down down_blocks.0 [1,8,4,4]',
      '2 down down_blocks.0 [1,8,2,2]',
      '3 down down_blocks.1 [1,16,2,2]',
    ]);
  });

  it('read attention probabilities of self- and cross-attention, as shares of all keys', async () => {
    const read: Record<string, Value> = {};
    await run({
      reader: {
        attentionProbs(probs, { attention, scope }) {
          read[`${attention} ${scope.path}`] = probs;
        },
      },
    });
    const names = Object.keys(read);
    expect(names).toContain('self down_blocks.0.attentions.0.transformer_blocks.0.attn1');
    const cross = read['cross down_blocks.0.attentions.0.transformer_blocks.0.attn2']!;
    expect(cross.shape).toEqual([1, 2, SIDE ** 2, 5]);
  });

  it('may mask keys: a masked key counts nothing', async () => {
    const kept = (call: AttentionCall): AttentionCall => ({
      q: call.q,
      k: sliceAxis(call.k, 2, 0, 3),
      v: sliceAxis(call.v, 2, 0, 3),
    });
    const cut = await run({
      cut: { attention: (call, site) => scaledAttention(site.attention === 'cross' ? kept(call) : call) },
    });
    const masked = await run({
      masked: {
        attention(call, site, next) {
          if (site.attention !== 'cross') return next(call);
          return next({ ...call, mask: constant(tensor([0, 0, 0, -1e9, -1e9], [5])) });
        },
      },
    });
    expect(gap(masked, cut)).toBeLessThan(1e-5);
    expect(gap(masked, plain)).toBeGreaterThan(1e-4);
  });

  it('act in the order of the plugins', async () => {
    const double: UNetHooks = { mid: (map) => multiply(map, 2) };
    const shift: UNetHooks = { mid: (map) => add(map, 1) };
    const [first, second] = [await run({ double, shift }), await run({ shift, double })];
    expect(gap(first, second)).toBeGreaterThan(1e-4);
    const both = await run({ both: { mid: (map) => add(multiply(map, 2), 1) } });
    expect(gap(first, both)).toBeLessThan(1e-6);
  });
});

describe('conflicts', () => {
  it('of two processors that replace an attention name both', async () => {
    const replaces: UNetHooks = { attention: (call) => scaledAttention(call) };
    await expect(run({ one: replaces, two: replaces })).rejects.toThrow(
      /^plugins one and two: both process the attention at down_blocks\.0\..*attn1, and one replaces it/,
    );
    const wraps: UNetHooks = { attention: (call, _site, next) => next(call) };
    expect(await run({ wraps, replaces })).toEqual(plain);
  });

  it('of shapes name the plugin, the hook and the place', async () => {
    const cut: UNetHooks = { mid: (map) => sliceAxis(map, 1, 0, 8) };
    await expect(run({ cut })).rejects.toThrow(
      /^plugin cut: mid at mid_block: gave .*keep the shape \[1, 16, 2, 2\]/,
    );
    const concat: UNetHooks = {
      beforeConcat: ({ backbone, skip }) => ({ backbone, skip: sliceAxis(skip, 1, 0, 4) }),
    };
    await expect(run({ concat })).rejects.toThrow(
      /^plugin concat: beforeConcat at up_blocks\.0\.resnets\.0, skip/,
    );
    const short: UNetHooks = { attention: ({ q }) => sliceAxis(q, 2, 0, 1) };
    await expect(run({ short })).rejects.toThrow(/^plugin short: attention at /);
  });

  it('that give something else than a value of the graph are named, and so is a next without its call', async () => {
    for (const [given, shown] of [
      [3, '3'],
      [tensor([1], [1]), '{ dtype: "float32"'],
      [Promise.resolve(), '{}'],
    ] as const) {
      const odd = (() => given) as unknown as () => Value;
      for (const hook of ['mid', 'parameter', 'attention'] as const) {
        const run1 = run({ odd: { [hook]: odd } });
        await expect(run1).rejects.toThrow(new RegExp(`^plugin odd: ${hook} at .*: gave ${shown}`));
        await expect(run1).rejects.toThrow('it must give a value of the graph');
      }
    }
    const bare = ((_call: AttentionCall, _site: unknown, next: () => Value) =>
      next()) as unknown as UNetHooks['attention'];
    await expect(run({ bare: { attention: bare } })).rejects.toThrow(
      /^plugin bare: attention at .*: called next without the call/,
    );
  });

  it('that give nothing are no silence: the plugin, the hook and the place are named', async () => {
    const nothing = (() => undefined) as unknown as () => Value;
    for (const hook of ['mid', 'skip', 'afterResnet', 'afterSelfAttention', 'parameter'] as const) {
      await expect(run({ mute: { [hook]: nothing } })).rejects.toThrow(
        new RegExp(`^plugin mute: ${hook} at .*: gave nothing; return the value`),
      );
    }
    await expect(run({ mute: { attention: nothing } })).rejects.toThrow(
      /^plugin mute: attention at .* gave nothing/,
    );
    const half = (({ backbone }: JoinedMaps) => ({ backbone })) as unknown as UNetHooks['beforeConcat'];
    await expect(run({ mute: { beforeConcat: half } })).rejects.toThrow(
      /^plugin mute: beforeConcat at .*skip: gave nothing/,
    );
  });
});
