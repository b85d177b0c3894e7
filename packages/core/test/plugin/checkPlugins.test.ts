import { describe, expect, it } from 'vitest';
import { hookNames } from '../../src/entries/models.js';
import {
  type CallContext,
  checkPlugins,
  isFrozen,
  type LayoutFields,
  type NetworkContext,
  type NetworkPart,
  networkParts,
  PLUGIN_VERSION,
  type Plugin,
  parameterOwner,
  parameterStore,
  parsePluginOptions,
  stepFeed,
  tensor,
  withPluginParams,
} from '../../src/index.js';
import { requirePluginWeights } from '../../src/plugin/ownership.js';

const plugin = (name: string, more: Partial<Plugin> = {}): Plugin => ({
  name,
  pluginVersion: PLUGIN_VERSION,
  ...more,
});
const owns = (part: string) => (name: string) => name.includes(part);

describe('a list of plugins', () => {
  it.each([
    [[{ name: 'old' }], 'plugin old: has no pluginVersion; write pluginVersion: 1'],
    [
      [{ name: 'new', pluginVersion: 2 }],
      'plugin new: is of pluginVersion 2, and this @spatiallock/core takes 1',
    ],
    [[null], 'plugins[0]: must be a plugin'],
    [[plugin('')], 'plugins[0].name: is empty'],
    [{}, 'plugins: must be a list'],
    [[{ ...plugin('a'), netwrok: () => ({}) }], 'plugin a: "netwrok" is not known; did you mean network?'],
    [[{ ...plugin('a'), feed: 3 }], 'plugin a: feed: must be a function, not 3'],
    [
      [{ ...plugin('a'), guidance: { setings: 1 } }],
      'plugin a: guidance: "setings" is not known; did you mean settings?',
    ],
    [[{ ...plugin('a'), text: { feeds: 1 } }], 'plugin a: text: "feeds" is not known'],
    [[{ ...plugin('a'), training: [] }], 'plugin a: training: must be an object'],
    [[{ ...plugin('a'), training: { feed: 1 } }], 'plugin a: training.feed: must be a function, not 1'],
    [[{ ...plugin('a'), layoutFields: { objects: {} } }], 'plugin a: layoutFields: "objects" is not known'],
    [[{ ...plugin('a'), guidance: {} }], 'plugin a: guidance.settings: must be a function'],
    [[{ ...plugin('a'), text: {} }], 'plugin a: text.network: must be a function'],
    [
      [{ ...plugin('a'), text: { network: () => ({}), feed: 1 } }],
      'plugin a: text.feed: must be a function, not 1',
    ],
    [[{ ...plugin('a'), weights: ['a'] }], 'plugin a: weights[0]: must be an object'],
    [
      [{ ...plugin('a'), weights: [{ folder: '../b', owns }] }],
      'plugin a: weights[0].folder: must be the name',
    ],
    [[{ ...plugin('a'), weights: [{ folder: 'b' }] }], 'plugin a: weights[0].owns: must be a function'],
  ])('%# is refused by name', (given, message) => {
    expect(() => checkPlugins(given)).toThrow(message);
  });

  it('is refused where two claim one name, folder or field, naming both', () => {
    expect(() => checkPlugins([plugin('a'), plugin('b'), plugin('a')])).toThrow(
      'plugins[0] and plugins[2]: both are named "a"; give it once',
    );
    const folder = { weights: [{ folder: 'shared', owns: owns('x') }] };
    expect(() => checkPlugins([plugin('a', folder), plugin('b', folder)])).toThrow(
      'plugins a and b: both claim the folder of weights "shared"',
    );
    const fields = { layoutFields: { layout: { mask: () => 1 }, object: { weight: () => 1 } } };
    expect(() => checkPlugins([plugin('a', fields), plugin('b', fields)])).toThrow(
      'plugins a and b: both claim the field of a layout "mask"',
    );
    const ofObject = { layoutFields: { object: { weight: () => 1 } } };
    expect(() => checkPlugins([plugin('a', fields), plugin('b', ofObject)])).toThrow(
      'plugins a and b: both claim the field of an object "weight"',
    );
    const inUnet = { weights: [{ folder: 'unet', owns: owns('x') }] };
    expect(() => checkPlugins([plugin('a', inUnet), plugin('b', inUnet)])).not.toThrow();
  });
});

describe('fields that a plugin claims', () => {
  it.each([
    [{ object: { weight: 3 } }, 'object.weight: must be a function of what is given and of its path, not 3'],
    [{ layout: [] }, 'layout: must be an object, not []'],
    [{ lists: 'others' }, 'lists: must be a list of names of fields, not "others"'],
    [{ negative: [1] }, 'negative[0]: must be text, not 1'],
  ])('%j are refused by name', (layoutFields, message) => {
    const claims = plugin('a', { layoutFields: layoutFields as unknown as LayoutFields });
    expect(() => checkPlugins([claims])).toThrow(`plugin a: layoutFields.${message}`);
  });

  it.each([
    [{ layout: { prompt: () => 1 } }, 'prompt'],
    [{ layout: { width: () => 1 } }, 'width'],
    [{ lists: ['objects'] }, 'objects'],
    [{ object: { box: () => 1 } }, 'box'],
    [{ object: { phrase: () => 1 } }, 'phrase'],
  ])('are none that every layout has: %j', (layoutFields: LayoutFields, field) => {
    expect(() => checkPlugins([plugin('a', { layoutFields })])).toThrow(
      `plugin a: layoutFields: ${field} is a field of every layout; give yours another name`,
    );
  });
});

describe('ownership', () => {
  const a = plugin('a', { weights: [{ folder: 'a', owns: owns('own') }] });

  it('is the plugin and folder that claim a parameter, or nobody', () => {
    expect(parameterOwner([a], 'block.own.weight')?.weights.folder).toBe('a');
    expect(parameterOwner([a], 'conv_in.weight')).toBeUndefined();
    const b = plugin('b', { weights: [{ folder: 'b', owns: owns('weight') }] });
    expect(() => parameterOwner([a, b], 'block.own.weight')).toThrow(
      'plugins a (a/) and b (b/): both own the parameter block.own.weight',
    );
  });

  it('of brought parameters is checked against the model', () => {
    const one = tensor([1], [1]);
    const brings = plugin('brings', { params: { gain: one }, frozen: (name) => name === 'gain' });
    expect(withPluginParams({ other: one }, [brings])).toEqual({ other: one, gain: one });
    expect(withPluginParams({ gain: one }, [brings])).toEqual({ gain: one });
    expect(() => withPluginParams({ gain: tensor([1], [1]) }, [brings])).toThrow(
      'plugin brings: gain is already in the model',
    );
    expect(isFrozen([a, brings], 'gain')).toBe(true);
    expect(isFrozen([a, brings], 'other')).toBe(false);
  });
});

describe('options of a call', () => {
  const scaled = plugin('scaled', {
    parseOptions(given, path) {
      if (given === undefined) return 1;
      if (typeof given === 'number') return given;
      throw new Error(`${path}: must be a number`);
    },
  });

  it('that come by a promise are refused', () => {
    const late = plugin('late', { parseOptions: async () => 1 });
    expect(() => parsePluginOptions([late])).toThrow('plugin late: parseOptions: gave a promise');
  });

  it('are read by the plugin that they are for', () => {
    expect(parsePluginOptions([scaled], { scaled: 0.5 }).get(scaled)).toBe(0.5);
    expect(parsePluginOptions([scaled]).get(scaled)).toBe(1);
  });

  it.each([
    [{ scaled: 'much' }, 'plugins.scaled: must be a number'],
    [{ scale: 1 }, 'plugins: "scale" is not known; did you mean scaled?'],
    [{ plain: {} }, 'plugins.plain: this plugin takes no options for a call'],
    [[], 'plugins: must be an object'],
  ])('%j are refused', (given, message) => {
    expect(() => parsePluginOptions([scaled, plugin('plain')], given)).toThrow(message);
  });
});

describe('what a plugin adds to the network', () => {
  const { scope } = parameterStore();
  const context = { scope } as NetworkContext;
  const asked = (part: unknown) =>
    networkParts([plugin('a', { network: () => part as NetworkPart })], context);
  const same = (x: unknown) => x;

  it.each([
    [{ hook: {} }, 'plugin a: network(): "hook" is not known; did you mean hooks?'],
    [{ hooks: { mids: same } }, 'plugin a: network().hooks: "mids" is not known; did you mean mid?'],
    [{ hooks: { mid: 3 } }, 'plugin a: network().hooks.mid: must be a function, not 3'],
    [{ hooks: [same] }, 'plugin a: network().hooks: must be an object'],
    [{ guidance: { los: same } }, 'plugin a: network().guidance: "los" is not known; did you mean loss?'],
    [{ guidance: {} }, 'plugin a: network().guidance.loss: must be a function'],
    [
      Promise.resolve({}),
      'plugin a: network(): gave a promise, which is not waited for; give the value itself',
    ],
    [{ training: { feed: same } }, 'plugin a: network().training: "feed" is not known'],
    [{ inputs: { gain: 1 } }, 'plugin a: the input gain must be named by the plugin, as a.gain'],
  ])('%# is refused by name', (part, message) => {
    expect(() => asked(part)).toThrow(message);
  });

  it('may be every hook of the specification', () => {
    const hooks = Object.fromEntries(hookNames.map((name) => [name, same]));
    expect(asked({ hooks }).size).toBe(1);
    expect(hookNames).toHaveLength(10);
  });
});

describe('weights that a model lacks', () => {
  const weights = [{ folder: 'own', owns: owns('own') }];
  const names = ['conv.weight', 'own.in.weight', 'own.out.weight'];
  const check = (has: readonly string[], folder = 'own') => {
    const params = Object.fromEntries(has.map((name) => [name, tensor([1], [])]));
    const plugins = [plugin('other'), plugin('a', { weights: weights.map((each) => ({ ...each, folder })) })];
    return () => requirePluginWeights(names, params, plugins);
  };

  it('are those of a plugin, by its name and its folder', () => {
    expect(check(['conv.weight'])).toThrow(
      'plugin a: the model has no weights for it (own.in.weight and 1 more, of the folder own/); train it',
    );
    // One of them tells that the folder is there: the list of what is missing then says more.
    expect(check(['own.in.weight'])).not.toThrow();
    expect(check([], 'unet')).not.toThrow();
  });
});

describe('what a plugin feeds', () => {
  const context = {} as CallContext;
  const progress = { stepIndex: 1, calls: 4 };
  const fed = async (feed: unknown) => {
    const feeding = await stepFeed(plugin('a', { feed } as Partial<Plugin>), [], context);
    return feeding(progress);
  };

  it('is made anew for each call, and is nothing without a feed', async () => {
    const one = tensor([1], []);
    expect(
      await fed(async () => ({ stepIndex }: typeof progress) => ({ 'a.gain': stepIndex === 1 ? one : 0 })),
    ).toEqual({
      'a.gain': one,
    });
    expect(await fed(undefined)).toEqual({});
  });

  it('must come by a function, under names of its own', async () => {
    await expect(fed(() => ({ 'a.gain': 1 }))).rejects.toThrow(
      "plugin a: feed: must give a function of the call's progress",
    );
    await expect(fed(() => async () => ({ 'a.gain': 1 }))).rejects.toThrow(
      'plugin a: the function of feed: gave a promise',
    );
    await expect(fed(() => () => ({ 'b.gain': 1 }))).rejects.toThrow(
      'plugin a: the input b.gain must be named by the plugin',
    );
  });

  it('names the plugin where it throws, once, and keeps what was thrown', async () => {
    const thrower = (message: unknown) => (): never => {
      throw message;
    };
    const fault = new TypeError('no such row');
    for (const feed of [thrower(fault), async () => thrower(fault)(), () => thrower(fault)]) {
      const failed = await fed(feed).catch((cause: unknown) => cause);
      expect(failed).toMatchObject({ message: 'plugin a: no such row', cause: fault });
    }
    await expect(fed(thrower('a text'))).rejects.toThrow('plugin a: a text');
    const stopped = Object.assign(new Error('stopped'), { name: 'AbortError' });
    const named = ['plugin a: x', 'plugins a and b: x', 'a.gain: x', 'call 1: plugin b: plugins.a.gain: x'];
    for (const kept of [stopped, ...named.map((message) => new Error(message))]) {
      expect(await fed(thrower(kept)).catch((cause: unknown) => cause)).toBe(kept);
    }
  });
});
