import { fixtureJson } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import {
  autoencoderKl,
  checkParams,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
} from '../../src/entries/models.js';
import { parameter, tensor, zeros } from '../../src/index.js';

describe('parse...Config', () => {
  it('gives a config that reads back as itself', () => {
    const unet = parseUNet2dConditionConfig(fixtureJson('diffusers-sd1/unet/config.json'));
    expect(parseUNet2dConditionConfig(JSON.parse(JSON.stringify(unet)))).toEqual(unet);
    const vae = parseAutoencoderKlConfig(fixtureJson('diffusers-sd1/vae/config.json'));
    expect(parseAutoencoderKlConfig(JSON.parse(JSON.stringify(vae)))).toEqual(vae);
    const tiny = parseAutoencoderTinyConfig(fixtureJson('diffusers-sd1/vae_tiny/config.json'));
    expect(parseAutoencoderTinyConfig(JSON.parse(JSON.stringify(tiny)))).toEqual(tiny);
    const text = parseClipTextConfig(fixtureJson('diffusers-sd1/text_encoder/config.json'));
    expect(parseClipTextConfig(JSON.parse(JSON.stringify(text)))).toEqual(text);
  });

  it('spreads one number over all levels', () => {
    const config = parseUNet2dConditionConfig({ attention_head_dim: 8, sample_size: 64 });
    expect(config.attention_head_dim).toEqual([8, 8, 8, 8]);
    expect(config.sample_size).toBe(64);
  });

  it.each([
    [null, 'must be an object'],
    [{ _class_name: 'UNet2DModel' }, '_class_name is "UNet2DModel"; this reads UNet2DConditionModel only'],
    [{ class_embed_type: 'timestep' }, 'class_embed_type: "timestep" is not supported; only null is'],
    [{ addition_embed_type: 'text_time' }, 'addition_embed_type: "text_time" is not supported'],
    [{ in_channels: 'four' }, 'in_channels: must be a whole number in 1..16384, not "four"'],
    [{ norm_num_groups: null }, 'norm_num_groups: networks without normalisation are not supported'],
    [{ down_block_types: ['DownBlock2D'] }, 'down_block_types: has 1 entries for the 4 levels'],
    [
      { up_block_types: ['AttnUpBlock2D', 'UpBlock2D', 'UpBlock2D', 'UpBlock2D'] },
      'up_block_types: "AttnUpBlock2D" is not supported; use CrossAttnUpBlock2D or UpBlock2D',
    ],
    [{ attention_head_dim: [5, 10] }, 'attention_head_dim: has 2 entries for 4 levels'],
    [{ attention_head_dim: 7 }, 'attention_head_dim: 7 heads (this field is their number) do not divide 320'],
    [{ cross_attention_dim: [768, 768, 768, 1024] }, 'cross_attention_dim: must be the same for every level'],
    [{ conv_in_kernel: 4 }, 'conv_in_kernel: must be odd, not 4'],
    [
      { attention_type: 'fused' },
      'attention_type: must be one of default, gated, gated-text-image, not "fused"',
    ],
  ])('refuses %j', (json, message) => {
    expect(() => parseUNet2dConditionConfig(json)).toThrow(message);
  });

  it('refuses what the other networks cannot do', () => {
    expect(() => parseAutoencoderKlConfig({ down_block_types: ['AttnDownEncoderBlock2D'] })).toThrow(
      'AutoencoderKL config: down_block_types: "AttnDownEncoderBlock2D" is not supported; only DownEncoderBlock2D is',
    );
    expect(() => parseAutoencoderTinyConfig({ num_encoder_blocks: [1, 2] })).toThrow(
      'AutoencoderTiny config: num_encoder_blocks: has 2 entries for the 4 of encoder_block_out_channels',
    );
    expect(() => parseClipTextConfig({ hidden_act: 'relu' })).toThrow(
      'CLIPTextModel config: hidden_act: must be one of quick_gelu, gelu, not "relu"',
    );
  });
});

describe('checkParams', () => {
  const expected = {
    'a.weight': parameter('a.weight', [2, 3], { init: zeros }),
    'a.bias': parameter('a.bias', [2], { init: zeros }),
    'block.0.fuser.norm.bias': parameter('block.0.fuser.norm.bias', [1], { init: zeros }),
  };
  const zero = (...shape: number[]) => tensor(new Float32Array(shape.reduce((n, m) => n * m, 1)), shape);
  const given = { 'a.weight': zero(2, 3), 'a.bias': zero(2), 'block.0.fuser.norm.bias': zero(1) };

  it('is content with what fits', () => {
    expect(() => checkParams(expected, given)).not.toThrow();
  });

  it('lists what is missing, unexpected and of the wrong shape', () => {
    const wrong = { 'a.weight': zero(3, 2), 'b.bias': zero(4), 'block.0.fuser.norm.bias': zero(1) };
    expect(() => checkParams(expected, wrong, { title: 'unet' })).toThrow(
      [
        'unet: the weights do not fit the config',
        '  1 missing:',
        '    a.bias [2]',
        '  1 unexpected:',
        '    b.bias [4]',
        '  1 of the wrong shape:',
        '    a.weight is [3, 2], the network needs [2, 3]',
      ].join('\n'),
    );
  });

  it('lets optional parts be missing or left over, but not of the wrong shape', () => {
    const { 'block.0.fuser.norm.bias': _, ...without } = given;
    const other = { ...without, 'position_net.null': zero(1) };
    expect(() => checkParams(expected, other, { optional: ['fuser', 'position_net'] })).not.toThrow();
    expect(() => checkParams(expected, without, { optional: ['fuse'] })).toThrow('block.0.fuser.norm.bias');
    const misshapen = { ...given, 'block.0.fuser.norm.bias': zero(2) };
    expect(() => checkParams(expected, misshapen, { optional: ['fuser'] })).toThrow('of the wrong shape');
  });
});

describe('autoencoderKl.upgradeNames', () => {
  it('renames the attention layers of early checkpoints and nothing else', () => {
    const one = tensor([1], [1]);
    const early = {
      'encoder.mid_block.attentions.0.query.weight': one,
      'decoder.mid_block.attentions.0.proj_attn.bias': one,
      'decoder.mid_block.attentions.0.to_k.bias': one,
      'decoder.conv_in.bias': one,
    };
    expect(Object.keys(autoencoderKl.upgradeNames(early))).toEqual([
      'encoder.mid_block.attentions.0.to_q.weight',
      'decoder.mid_block.attentions.0.to_out.0.bias',
      'decoder.mid_block.attentions.0.to_k.bias',
      'decoder.conv_in.bias',
    ]);
  });

  it('takes attention layers that are 1x1 convolutions, and leaves convolutions', () => {
    const square = tensor([1, 2, 3, 4], [2, 2, 1, 1]);
    const upgraded = autoencoderKl.upgradeNames({
      'encoder.mid_block.attentions.0.query.weight': square,
      'decoder.mid_block.attentions.0.to_out.0.weight': square,
      'post_quant_conv.weight': square,
    });
    expect(Object.values(upgraded).map(({ shape }) => shape)).toEqual([
      [2, 2],
      [2, 2],
      [2, 2, 1, 1],
    ]);
    expect(Object.values(upgraded).every(({ data }) => data === square.data)).toBe(true);
  });
});
