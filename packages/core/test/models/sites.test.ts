// What hooks know about their places, guidance scales, and layers of the text encoder, by hand.

import { describe, expect, it } from 'vitest';
import {
  checkParams,
  clipText,
  guidanceEmbedding,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  splitHeads,
  type UNetHooks,
  unet2dCondition,
} from '../../src/entries/models.js';
import { initialise } from '../../src/entries/nn.js';
import { input, interpret, parameter, parameterStore, tensor, zeros } from '../../src/index.js';

/** Of every place: the hook, the part, its heads and whether it attends. */
function sites(json: object) {
  const seen: string[] = [];
  const note =
    (kind: string) =>
    <T>(value: T, site: Parameters<NonNullable<UNetHooks['mid']>>[1]): T => {
      const { stage, block, heads, hasAttention, height, width } = site;
      const index = 'index' in site ? ` #${String(site.index)}` : '';
      seen.push(`${kind} ${stage}${block}${index}: ${heads} heads, ${hasAttention}, ${height} x ${width}`);
      return value;
    };
  const hooks: UNetHooks = {
    skip: note('skip'),
    afterResnet: note('resnet'),
    afterSelfAttention: note('attention'),
    features: note('features'),
    mid: note('mid'),
  };
  const config = parseUNet2dConditionConfig({
    block_out_channels: [8, 16],
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
    norm_num_groups: 4,
    attention_head_dim: [2, 4],
    cross_attention_dim: 6,
    layers_per_block: 1,
    ...json,
  });
  const given = {
    sample: input('sample', [1, 4, 4, 6]),
    timestep: input('timestep', [1]),
    encoderHiddenStates: input('text', [1, 5, 6]),
  };
  unet2dCondition(parameterStore().scope, config, given, [{ owner: 'test', hooks }]);
  return seen;
}

describe('places of hooks', () => {
  it('have the heads of their level where it attends, else 1', () => {
    expect(sites({})).toEqual([
      'skip down0 #0: 1 heads, false, 4 x 6',
      'resnet down0: 1 heads, false, 4 x 6',
      'skip down0 #1: 1 heads, false, 4 x 6',
      'skip down0 #2: 1 heads, false, 2 x 3',
      'features down0: 1 heads, false, 2 x 3',
      'resnet down1: 4 heads, true, 2 x 3',
      'attention down1: 4 heads, true, 2 x 3',
      'skip down1 #3: 4 heads, true, 2 x 3',
      'features down1: 4 heads, true, 2 x 3',
      'resnet mid0: 4 heads, true, 2 x 3',
      'attention mid0: 4 heads, true, 2 x 3',
      'resnet mid0: 4 heads, true, 2 x 3',
      'mid mid0: 4 heads, true, 2 x 3',
      'features mid0: 4 heads, true, 2 x 3',
      'resnet up0: 4 heads, true, 2 x 3',
      'attention up0: 4 heads, true, 2 x 3',
      'resnet up0: 4 heads, true, 2 x 3',
      'attention up0: 4 heads, true, 2 x 3',
      'features up0: 4 heads, true, 4 x 6',
      'resnet up1: 1 heads, false, 4 x 6',
      'resnet up1: 1 heads, false, 4 x 6',
      'features up1: 1 heads, false, 4 x 6',
    ]);
  });

  it('stand for a mid block that is not there, too', () => {
    expect(sites({ mid_block_type: null }).filter((site) => / mid0/.test(site))).toEqual([
      'mid mid0: 1 heads, false, 2 x 3',
    ]);
  });
});

describe('guidance scales as distilled networks get them', () => {
  it('are sines, then cosines, of 1000 (scale - 1) at falling frequencies', () => {
    const { data, shape } = guidanceEmbedding([1, 1.002], 7);
    expect(shape).toEqual([2, 7]);
    // Frequencies 1, 1 / 100 and 1 / 10000; a last zero where the width is odd.
    const row = (angle: number) => [
      ...[1, 1e-2, 1e-4].map((frequency) => Math.sin(angle * frequency)),
      ...[1, 1e-2, 1e-4].map((frequency) => Math.cos(angle * frequency)),
      0,
    ];
    [...row(0), ...row(2)].forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 5);
    });
  });

  it('of a width of 2 have the frequency 1', () => {
    const { data } = guidanceEmbedding([1.0005], 2);
    expect(data[0]).toBeCloseTo(Math.sin(0.5), 4);
    expect(data[1]).toBeCloseTo(Math.cos(0.5), 4);
  });
});

describe('the text encoder', () => {
  const json = {
    vocab_size: 12,
    hidden_size: 4,
    intermediate_size: 8,
    num_hidden_layers: 3,
    num_attention_heads: 2,
    max_position_embeddings: 6,
    eos_token_id: 11,
  };
  const rows = [
    [10, 1, 2, 11, 11, 11],
    [10, 3, 4, 5, 11, 11],
  ];
  const feeds = { ids: tensor(Int32Array.from(rows.flat()), [2, 6], 'int32') };

  function encoded(more: object, clipSkip?: number) {
    const { scope, params } = parameterStore();
    const config = parseClipTextConfig({ ...json, ...more });
    const ids = input('ids', [2, 6], 'int32');
    const { lastHiddenState: hidden, poolerOutput: pooled } = clipText(
      scope,
      config,
      ids,
      undefined,
      clipSkip,
    );
    const all = parameterStore();
    clipText(all.scope, parseClipTextConfig(json), ids);
    const numbers = initialise(all.params, 3);
    const own = Object.fromEntries(Object.keys(params).map((name) => [name, numbers[name]!]));
    const outputs = interpret({ hidden, pooled }, feeds, own);
    return {
      hidden: Array.from(outputs.hidden!.data, Number),
      pooled: Array.from(outputs.pooled!.data, Number),
    };
  }

  it('skips layers from the end: as an encoder of fewer layers, with the last norm', () => {
    expect(encoded({}, 2).hidden).toEqual(encoded({ num_hidden_layers: 2 }).hidden);
    expect(encoded({}, 3).hidden).toEqual(encoded({ num_hidden_layers: 1 }).hidden);
    expect(encoded({}, 1)).toEqual(encoded({}));
    // The text's own vector is of the last layer in any case.
    expect(encoded({}, 2).pooled).toEqual(encoded({}).pooled);
    expect(encoded({}, 2).hidden).not.toEqual(encoded({}).hidden);
  });

  it('has the vector of a text where its first end token stands', () => {
    const { hidden, pooled } = encoded({});
    expect(pooled).toEqual([...hidden.slice(3 * 4, 4 * 4), ...hidden.slice((6 + 4) * 4, (6 + 5) * 4)]);
  });

  it('reads it at the largest id where eos_token_id is 2, as early files say', () => {
    expect(encoded({ eos_token_id: 2 }).pooled).toEqual(encoded({}).pooled);
  });

  it('has no more tokens than positions', () => {
    expect(() => encoded({ max_position_embeddings: 5 })).toThrow(
      'ids: 6 tokens are more than max_position_embeddings (5)',
    );
  });
});

describe('errors of networks', () => {
  it('heads that do not part the channels', () => {
    expect(() => splitHeads(input('x', [1, 3, 10]), 4)).toThrow('10 channels do not part into 4 heads');
    expect(splitHeads(input('x', [1, 3, 12]), 4).shape).toEqual([1, 4, 3, 3]);
    expect(splitHeads(input('x', [1, 3, 12]), 1).shape).toEqual([1, 1, 3, 12]);
  });

  it.each([
    [5, ['  5 missing:', ...[0, 1, 2, 3, 4].map((i) => `    p${i} [${i + 1}]`)]],
    [7, ['  7 missing:', ...[0, 1, 2, 3, 4].map((i) => `    p${i} [${i + 1}]`), '    and 2 more']],
  ])('%d parameters that are missing: the first five are listed', (count, lines) => {
    const expected = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`p${i}`, parameter(`p${i}`, [i + 1], { init: zeros })]),
    );
    const refusal = () => checkParams(expected, {}, { title: 'unet' });
    expect(refusal).toThrow(`unet: the weights do not fit the config\n${lines.join('\n')}`);
    try {
      refusal();
    } catch (error) {
      expect((error as Error).message.split('\n')).toHaveLength(lines.length + 1);
    }
  });

  it('a tiny autoencoder may have one stage', () => {
    const config = parseAutoencoderTinyConfig({
      encoder_block_out_channels: [32],
      decoder_block_out_channels: [32],
      num_encoder_blocks: [1],
      num_decoder_blocks: [2],
    });
    expect(config.decoder_block_out_channels).toEqual([32]);
  });
});
