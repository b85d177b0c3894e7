import {
  MAX_OBJECTS,
  parameterStore,
  parseUNet2dConditionConfig,
  type Tensor,
  tensor,
} from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { poi, poiInputs } from '../src/index.js';

const config = parseUNet2dConditionConfig({ cross_attention_dim: 3, block_out_channels: [32, 32, 32, 32] });
const layout = (count: number) => ({
  prompt: 'a dog',
  objects: Array.from({ length: count }, (_, i) => ({
    phrase: `object ${i}`,
    box: [0, 0, 0.5, (i + 1) / 10] as const,
  })),
});

function context(has: boolean) {
  const asked: string[][] = [];
  return {
    asked,
    config,
    has: () => has,
    encodePhrases: async (phrases: readonly string[]): Promise<Tensor> => {
      asked.push([...phrases]);
      return tensor(
        phrases.flatMap((_, i) => [i, i + 0.25, i + 0.5]),
        [phrases.length, 3],
      );
    },
  };
}

describe('poi inputs', () => {
  it('puts each picture its own objects into the first slots, an unconditional one none', async () => {
    const given = context(true);
    const feed = await poi().inputs!([layout(2), undefined, layout(1)], given);
    const {
      [poiInputs.boxes]: boxes,
      [poiInputs.masks]: masks,
      [poiInputs.embeddings]: embeddings,
    } = feed({ call: 0, calls: 10 });
    expect(given.asked).toEqual([['object 0', 'object 1', 'object 0']]);
    expect(boxes!.shape).toEqual([3, MAX_OBJECTS, 4]);
    const used = Array.from(masks!.data as Float32Array).flatMap((mask, i) => (mask ? [i] : []));
    expect(used).toEqual([0, 1, 2 * MAX_OBJECTS]);
    expect(Array.from((boxes!.data as Float32Array).slice(4, 8))).toEqual([0, 0, 0.5, Math.fround(0.2)]);
    const third = 2 * MAX_OBJECTS * 3;
    expect(Array.from((embeddings!.data as Float32Array).slice(third, third + 3))).toEqual([2, 2.25, 2.5]);
  });

  it('nulls every object when asked to', async () => {
    const given = context(true);
    const feed = await poi({ nullTokens: true }).inputs!([layout(3)], given);
    expect(Math.max(...(feed({ call: 0, calls: 1 })[poiInputs.masks]!.data as Float32Array))).toBe(0);
    expect(given.asked).toEqual([]);
  });

  const strengths = async (plugin: ReturnType<typeof poi>, has: boolean): Promise<number[]> => {
    const feed = await plugin.inputs!([layout(1)], context(has));
    return Array.from({ length: 10 }, (_, call) =>
      Number(feed({ call, calls: 10 })[poiInputs.strength]!.data[0]),
    );
  };

  it('acts in the first share of the calls: all with injection, 0.3 with a checkpoint that has none', async () => {
    expect(await strengths(poi(), true)).toEqual(new Array(10).fill(1));
    expect(await strengths(poi(), false)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect(await strengths(poi({ until: 0.5, strength: 2 }), false)).toEqual([2, 2, 2, 2, 2, 0, 0, 0, 0, 0]);
  });

  it('refuses options that make no sense', () => {
    expect(() => poi({ strength: Number.NaN })).toThrow('poi.strength: must be a number in 0..10, not NaN');
    expect(() => poi({ until: 1.5 })).toThrow('poi.until: must be a number in 0..1, not 1.5');
  });
});

describe('poi parameters', () => {
  const names = (has: boolean): string[] => {
    const store = parameterStore();
    const context = { scope: store.scope, config, batch: 1, height: 8, width: 8, objects: 2, has: () => has };
    const { inputs, hooks } = poi().unet!(context);
    const site = {
      scope: store.scope.at('block'),
      height: 4,
      width: 4,
      stage: 'down',
      block: 0,
      heads: 2,
    } as const;
    const tokens = poiTokens(inputs[poiInputs.boxes]!.shape[0]!);
    expect(hooks.attention!(tokens, site).shape).toEqual(tokens.shape);
    return Object.keys(store.params);
  };

  it("are those of diffusers' GLIGEN where the checkpoint has no injection", () => {
    const expected = [
      'position_net.null_positive_feature',
      'position_net.linears.4.bias',
      'block.fuser.alpha_attn',
      'block.fuser.attn.to_out.0.weight',
      'block.fuser.ff.net.0.proj.weight',
      'block.fuser.norm2.bias',
    ];
    expect(names(false)).toEqual(expect.arrayContaining(expected));
    expect(names(false).filter((name) => name.includes('injection'))).toEqual([]);
  });

  it('share one message for each grid, and have one projection for each site', () => {
    expect(
      names(true)
        .filter((name) => name.includes('injection'))
        .sort(),
    ).toEqual([
      'block.injection.out.weight',
      'injection.2.gain.bias',
      'injection.2.gain.weight',
      'injection.2.object.bias',
      'injection.2.object.weight',
      'injection.2.place.weight',
      ...[0, 10, 2, 4, 6, 8].flatMap((at) => [
        `injection.2.refine.${at}.bias`,
        `injection.2.refine.${at}.weight`,
      ]),
    ]);
  });
});

function poiTokens(batch: number) {
  return parameterStore().scope.param('tokens', [batch, 16, 8], { kind: 'constant', value: 0 });
}
