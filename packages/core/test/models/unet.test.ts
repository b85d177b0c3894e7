import { describe, expect, it } from 'vitest';
import { topological } from '../../src/entries/backend.js';
import {
  combineHooks,
  parseUNet2dConditionConfig,
  type Site,
  type UNetHooks,
  unet2dCondition,
} from '../../src/entries/models.js';
import { add, grad, input, mean, multiply, parameterStore, type Value } from '../../src/index.js';
import { SMALL_UNET } from '../smallUNet.js';

function build(json: object = {}, { hooks = {}, side = 8 }: { hooks?: UNetHooks; side?: number } = {}) {
  const store = parameterStore();
  const config = parseUNet2dConditionConfig({ ...SMALL_UNET, ...json });
  const inputs = {
    sample: input('sample', [2, 4, side, side]),
    timestep: input('timestep', [2]),
    encoderHiddenStates: input('text', [2, 5, 6]),
  };
  return { ...store, inputs, out: unet2dCondition(store.scope, config, inputs, [{ owner: 'test', hooks }]) };
}

/** Where hooks of each kind were called, in order. */
function calls(json: object = {}) {
  const seen: string[] = [];
  const note = (kind: string, x: Value, { stage, block, scope, height, width }: Site) => {
    seen.push(`${kind} ${stage}${block} ${scope.path} [${x.shape.join(',')}] ${height}x${width}`);
  };
  const hooks: UNetHooks = {
    afterSelfAttention: (x, site) => {
      note('attention', x, site);
      return x;
    },
    afterResnet: (x, site) => {
      if (!site.hasAttention) note('residual', x, site);
      return x;
    },
    features: (x, site) => note('features', x, site),
  };
  build(json, { hooks });
  return seen;
}

describe('unet2dCondition', () => {
  it('calls hooks where a plugin may enter, in the order of the data', () => {
    expect(calls()).toEqual([
      'attention down0 down_blocks.0.attentions.0.transformer_blocks.0 [2,64,8] 8x8',
      'features down0 down_blocks.0 [2,8,4,4] 4x4',
      'residual down1 down_blocks.1.resnets.0 [2,16,4,4] 4x4',
      'features down1 down_blocks.1 [2,16,4,4] 4x4',
      'attention mid0 mid_block.attentions.0.transformer_blocks.0 [2,16,16] 4x4',
      'features mid0 mid_block [2,16,4,4] 4x4',
      'residual up0 up_blocks.0.resnets.0 [2,16,4,4] 4x4',
      'residual up0 up_blocks.0.resnets.1 [2,16,4,4] 4x4',
      'features up0 up_blocks.0 [2,16,8,8] 8x8',
      'attention up1 up_blocks.1.attentions.0.transformer_blocks.0 [2,64,8] 8x8',
      'attention up1 up_blocks.1.attentions.1.transformer_blocks.0 [2,64,8] 8x8',
      'features up1 up_blocks.1 [2,8,8,8] 8x8',
    ]);
  });

  it('goes on with what a hook returns', () => {
    const added = input('added', [1]);
    const hooks = combineHooks([
      { owner: 'first', hooks: { afterSelfAttention: (x) => add(x, added) } },
      { owner: 'second', hooks: { afterResnet: (x, site) => (site.hasAttention ? x : multiply(x, added)) } },
    ]);
    const { out } = build({}, { hooks });
    const readers = topological([out]).filter((value) => value.inputs.includes(added));
    expect(readers.map(({ op }) => op.name).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'add'),
      ...Array.from({ length: 3 }, () => 'multiply'),
    ]);
  });

  it('keeps odd sides', () => {
    expect(build({}, { side: 7 }).out.shape).toEqual([2, 4, 7, 7]);
  });

  it('gives every parameter a gradient of its shape', () => {
    const { out, params } = build();
    const used = new Set(topological([out]));
    const gradients = grad(mean(multiply(out, out)), Object.values(params));
    Object.entries(params).forEach(([name, value], i) => {
      expect(used.has(value), name).toBe(true);
      expect(gradients[i].shape, name).toEqual(value.shape);
    });
  });

  it('takes layers for each level, no middle, and a middle without attention', () => {
    const deep = build({ layers_per_block: [2, 1], transformer_layers_per_block: [2, 1] });
    expect(Object.keys(deep.params)).toContain(
      'up_blocks.1.attentions.2.transformer_blocks.1.attn2.to_k.weight',
    );
    expect(Object.keys(deep.params)).not.toContain('up_blocks.0.resnets.2.conv1.weight');
    const flat = build({ mid_block_type: null });
    expect(Object.keys(flat.params).filter((name) => name.startsWith('mid_block'))).toEqual([]);
    expect(calls({ mid_block_type: 'UNetMidBlock2D' })).toContain(
      'residual mid0 mid_block.resnets.0 [2,16,4,4] 4x4',
    );
  });

  it('reads the text in the first attention where only_cross_attention says so', () => {
    const name = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_k.weight';
    expect(build().params[name].shape).toEqual([8, 8]);
    expect(build({ only_cross_attention: true }).params[name].shape).toEqual([8, 6]);
  });

  it.each([
    ['sample', { sample: input('x', [2, 3, 8, 8]) }, 'sample: must be [N, 4, H, W], not [2, 3, 8, 8]'],
    [
      'timestep',
      { timestep: input('t', [1]) },
      'timestep: must be [2] of float32, one for each image, not [1]',
    ],
    [
      'text',
      { encoderHiddenStates: input('e', [2, 5, 7]) },
      'encoderHiddenStates: must be [2, T, 6], not [2, 5, 7]',
    ],
  ])('refuses a wrong %s', (_, wrong, message) => {
    const config = parseUNet2dConditionConfig(SMALL_UNET);
    const inputs = { ...build().inputs, ...wrong };
    expect(() => unet2dCondition(parameterStore().scope, config, inputs)).toThrow(message);
  });
});
