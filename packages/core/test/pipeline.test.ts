import { describe, expect, it } from 'vitest';
import { editDistance } from '../src/checks/nearest.js';
import { parseAutoencoderDcConfig } from '../src/entries/models.js';
import { normals, torchGenerator } from '../src/entries/nn.js';
import {
  checkWords,
  latentAutoencoder,
  nearestWords,
  objectSlots,
  parseSamplingDefaults,
  readWords,
  seededNoise,
  wordsIn,
} from '../src/entries/pipeline.js';
import { imagesOf, tensor } from '../src/index.js';

describe('words', () => {
  it('are letters and digits, joined by hyphens, in lower case', () => {
    expect(wordsIn('A T-Rex - and 2 dogs, café!')).toEqual(['a', 't-rex', 'and', '2', 'dogs', 'café']);
  });

  it.each([
    ['dog', 'dog', 0],
    ['kitten', 'sitting', 3],
    ['', 'cat', 3],
    ['flaw', 'lawn', 2],
  ])('%s and %s are %i edits apart', (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits);
    expect(editDistance(to, from)).toBe(edits);
  });

  it('finds the nearest, of equals the first, signs left out', () => {
    expect(nearestWords('zebra', [',', 'bear', 'dog', 'cobra', 'zen'])).toEqual(['cobra', 'bear', 'zen']);
    expect(nearestWords('x', [',', 'ox', '-', 'tax'])).toEqual(['ox', 'tax']);
  });

  it.each([
    ['3 dogs', '"3"; write "three"'],
    ['10 dogs', '"10"; of numbers it knows one, three'],
    ['2 dogs', '"2"; of numbers it knows one, three'],
    ['dozen dogs', '"dozen"; of numbers it knows one, three'],
    ['several dogs', '"several"; of numbers it knows one, three'],
    ['twenty-one dogs', '"twenty-one"; of numbers it knows one, three'],
    ['no dogs', '"no"; say what the picture shows; what it should not show belongs to the negative prompt'],
    ['drogs', '"drogs"; nearest known words: dogs'],
  ])('says what to write in place of a number or of a negation: %s', (prompt, advice) => {
    const check = (known: string[]) => () => checkWords({ prompt, objects: [] }, known);
    expect(check(['dogs', 'three', 'one'])).toThrow(`prompt: the model never learnt ${advice}`);
  });

  it('does not send a negation of the negative prompt there', () => {
    expect(() => checkWords({ prompt: 'dogs', negativePrompt: 'no dogs', objects: [] }, ['dogs'])).toThrow(
      'negativePrompt: the model never learnt "no"; name what the picture should not show, and leave the word out',
    );
  });

  it('names near words where the model knows no number', () => {
    expect(() => checkWords({ prompt: '3 dogs', objects: [] }, ['dogs'])).toThrow('known words: dogs');
  });

  it('looks at both prompts and every phrase, unless there is nothing to read', () => {
    const known = ['a', 'dog'];
    const object = (phrase: string) => ({ phrase, box: [0, 0, 1, 1] as const });
    const check = (prompt: string, negativePrompt: string, ...phrases: string[]) =>
      checkWords({ prompt, negativePrompt, objects: phrases.map(object) }, known);
    expect(() => check('A dog!', '', 'dog')).not.toThrow();
    expect(() => check('a cat', '')).toThrow('prompt: the model never learnt "cat"');
    expect(() => check('', 'a cat')).toThrow('negativePrompt: the model never learnt "cat"');
    expect(() => check('🐱 a dog', '')).toThrow('prompt: the model never learnt "🐱"');
    expect(() => check('a dog', '', 'dog 👩🏽‍🌾')).toThrow(
      'objects[0].phrase: the model never learnt "👩🏽‍"',
    );
    expect(() => check('', '', 'dog', 'a dogg')).toThrow('objects[1].phrase: the model never learnt "dogg"');
    expect(() => check('', '', '!?')).toThrow('objects[0].phrase: holds no word');
  });

  it('are read from words.json, if there is one', async () => {
    const files = (text?: string) => ({
      read: async () => (text ? new TextEncoder().encode(text) : undefined),
    });
    expect(await readWords(files())).toBeUndefined();
    expect(await readWords(files('["a", "dog"]'))).toEqual(['a', 'dog']);
    await expect(readWords(files('{"a": 1}'))).rejects.toThrow(
      'tokenizer/words.json: must be a list of words',
    );
    await expect(readWords(files('["a"'))).rejects.toThrow('tokenizer/words.json is not valid JSON');
  });
});

describe('noise', () => {
  it('begins with the normal numbers of seed + row, and goes on', () => {
    const noise = seededNoise(5, 2, 4);
    const first = noise();
    expect(first.slice(0, 4)).toEqual(normals(5, 4));
    expect(first.slice(4)).toEqual(normals(6, 4));
    expect(noise().slice(4)).toEqual(normals(6, 8).slice(4));
  });

  it("can be torch's, each row from a generator of its own", () => {
    const noise = seededNoise(5, 2, 20, 'torch');
    const [first, second] = [torchGenerator(5), torchGenerator(6)];
    for (let draw = 0; draw < 3; draw++) {
      expect([...noise()]).toEqual([...first.randn(20), ...second.randn(20)]);
    }
  });
});

describe('imagesOf', () => {
  it('puts the channels of each pixel together and clamps', () => {
    const planes = [-1, 1, 0, 3, -9, 1 / 3];
    const [, second] = imagesOf(tensor([...planes, ...planes.toReversed()], [2, 3, 1, 2]));
    expect(second).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8ClampedArray.of(170, 255, 255, 0, 128, 0),
    });
  });

  it('refuses other shapes', () => {
    expect(() => imagesOf(tensor([1], [1, 1, 1, 1]))).toThrow(
      'must be [N, 3, height, width], not [1, 1, 1, 1]',
    );
  });
});

describe('sizes of graphs', () => {
  it('rounds objects up', () => {
    expect([0, 2, 3, 8, 9, 17, 30].map(objectSlots)).toEqual([2, 2, 4, 8, 16, 30, 30]);
  });
});

describe('spatiallock.json', () => {
  it.each([[{ guidanceInterval: { stop: 0.6, scaleAfter: 2 } }], [{ lateGuidance: { from: 0.6, most: 2 } }]])(
    'says an interval of guidance, also by its former name: %o',
    (json) => {
      expect(parseSamplingDefaults(json).guidanceInterval).toEqual({ stop: 0.6, scaleAfter: 2 });
    },
  );

  it('may be empty', () => expect(parseSamplingDefaults({})).toEqual({ steps: 25, guidanceScale: 7.5 }));

  it.each([
    [{ steps: 0 }, 'spatiallock.json: steps: must be a whole number in 1..10000, not 0'],
    [{ guidanceScale: '3' }, 'spatiallock.json: guidanceScale: must be a number in 0..1000, not "3"'],
    [{ guidanceInterval: 3 }, 'spatiallock.json: guidanceInterval: must be an object, not 3'],
    [
      { guidanceInterval: { stop: 2, scaleAfter: 1 } },
      'spatiallock.json: guidanceInterval.stop: must be a number in 0..1, not 2',
    ],
    [{ lateGuidance: 3 }, 'spatiallock.json: lateGuidance: must be an object, not 3'],
    [
      { lateGuidance: { from: 0.5, most: -1 } },
      'spatiallock.json: lateGuidance.most: must be a number in 0..1000, not -1',
    ],
    [
      { lateGuidance: { from: 0.5, most: 1 }, guidanceInterval: { stop: 0.5, scaleAfter: 1 } },
      'spatiallock.json: lateGuidance: is the deprecated name of guidanceInterval; leave it out',
    ],
    [{ guidanceRescale: 2 }, 'spatiallock.json: guidanceRescale: must be a number in 0..1, not 2'],
    [{ generator: 'numpy' }, 'spatiallock.json: generator: must be one of torch, sfc32, not "numpy"'],
    [{ scheduler: 3 }, 'spatiallock.json: scheduler: must be a name or an object with settings, not 3'],
  ])('%o is refused', (json, message) => {
    expect(() => parseSamplingDefaults(json)).toThrow(message);
  });
});

describe('autoencoders', () => {
  const small = {
    encoder_block_out_channels: [8, 16],
    decoder_block_out_channels: [8, 16],
    encoder_layers_per_block: [0, 1],
    decoder_layers_per_block: [0, 2],
    decoder_block_types: ['ResBlock', 'ResBlock'],
  };

  it('reads AutoencoderDC with the defaults of diffusers', () => {
    expect(parseAutoencoderDcConfig({ ...small, _class_name: 'AutoencoderDC' })).toEqual({
      _class_name: 'AutoencoderDC',
      in_channels: 3,
      latent_channels: 32,
      encoder_block_types: 'ResBlock',
      decoder_block_types: 'ResBlock',
      encoder_block_out_channels: [8, 16],
      decoder_block_out_channels: [8, 16],
      encoder_layers_per_block: [0, 1],
      decoder_layers_per_block: [0, 2],
      downsample_block_type: 'pixel_unshuffle',
      upsample_block_type: 'pixel_shuffle',
      scaling_factor: 1,
    });
  });

  it.each([
    [{ encoder_layers_per_block: [1, 0] }, 'encoder_layers_per_block: must be a list of whole numbers'],
    [{ decoder_layers_per_block: [1] }, 'decoder_layers_per_block: has 1 entries for 2 stages'],
    [{ decoder_block_out_channels: [8] }, 'decoder_block_out_channels: must have 2 entries'],
    [{ encoder_block_types: ['ResBlock', 'EfficientViTBlock'] }, '"EfficientViTBlock" is not supported'],
    [{ downsample_block_type: 'Conv' }, 'downsample_block_type: "Conv" is not supported'],
    [{ decoder_norm_types: 'batch_norm' }, 'decoder_norm_types: "batch_norm" is not supported'],
  ])('refuses %o', (change, message) => {
    expect(() => parseAutoencoderDcConfig({ ...small, ...change })).toThrow(message);
  });

  it('knows the size of a latent', () => {
    expect(latentAutoencoder('AutoencoderDC', small)).toMatchObject({ latentChannels: 32, factor: 2 });
    expect(latentAutoencoder('AutoencoderTiny', {})).toMatchObject({ latentChannels: 4, factor: 8 });
    expect(() => latentAutoencoder('VQModel', {})).toThrow(
      'known are AutoencoderKL, AutoencoderTiny, AutoencoderDC',
    );
  });
});
