import { describe, expect, it } from 'vitest';
import {
  parseUNet2dConditionConfig,
  type UNetHooks,
  unet2dCondition,
  unetEncoder,
} from '../../src/entries/models.js';
import { initialise, normals } from '../../src/entries/nn.js';
import { input, interpret, parameterStore, tensor, type Value } from '../../src/index.js';
import { SMALL_UNET } from '../smallUNet.js';

const config = parseUNet2dConditionConfig(SMALL_UNET);
const inputs = {
  sample: input('sample', [1, 4, 4, 4]),
  timestep: input('timestep', [1]),
  encoderHiddenStates: input('text', [1, 3, 6]),
};
const added = input('added', [1, 8, 4, 4]);
const feeds = {
  sample: tensor(normals(1, 64), [1, 4, 4, 4]),
  timestep: tensor([300], [1]),
  text: tensor(normals(2, 18), [1, 3, 6]),
  added: tensor(normals(3, 128), [1, 8, 4, 4]),
};
const named = (maps: readonly Value[]) => Object.fromEntries(maps.map((map, i) => [`${i}`, map]));

describe('unetEncoder', () => {
  const whole = parameterStore();
  const kept: Value[] = [];
  const hooks: UNetHooks = {
    skip(map) {
      kept.push(map);
      return map;
    },
    mid(map) {
      kept.push(map);
      return map;
    },
  };
  unet2dCondition(whole.scope, config, inputs, [{ owner: 'test', hooks }]);
  const own = parameterStore();
  const { skips, mid } = unetEncoder(own.scope.at('copy'), config, inputs);
  const numbers = initialise(whole.params, 5);
  const params = Object.fromEntries(
    Object.keys(own.params).map((name) => [name, numbers[name.replace('copy.', '')]]),
  );

  it('gives the maps that the decoder of a U-Net with its weights joins on, and the mid block', () => {
    expect(kept).toHaveLength(skips.length + 1);
    expect(interpret(named([...skips, mid]), feeds, params)).toEqual(interpret(named(kept), feeds, numbers));
  });

  it('adds a map behind conv_in, for all that follows', () => {
    const joined = unetEncoder(own.scope.at('copy'), config, inputs, added);
    const [first, sum] = [skips[0], joined.skips[0]];
    const given = interpret({ first, sum, mid, changed: joined.mid }, feeds, params);
    const difference = Array.from(given.sum.data, (value, i) => Number(value) - Number(given.first.data[i]));
    for (const [i, value] of difference.entries()) {
      expect(value).toBeCloseTo(Number(feeds.added.data[i]), 5);
    }
    expect(given.changed.data).not.toEqual(given.mid.data);
  });

  it.each([
    [{ added: input('added', [1, 8, 2, 4]) }, 'added: must be [1, 8, 4, 4], not [1, 8, 2, 4]'],
    [{ added: input('added', [2, 8, 4, 4]) }, 'added: must be [1, 8, 4, 4]'],
    [{ sample: input('sample', [1, 9, 4, 4]) }, 'sample: must be [N, 4, H, W]'],
  ])('refuses what does not fit: %#', (wrong, message) => {
    const { added: map = added, ...rest } = { ...inputs, ...wrong } as typeof inputs & { added?: Value };
    expect(() => unetEncoder(parameterStore().scope, config, rest, map)).toThrow(message);
  });
});
