// Models as people have them: single files, add-ons, autoencoders, words of textual inversion, ids of the hub.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tensor } from '@spatiallock/core';
import { readSafetensorsHeader, writeSafetensors } from '@spatiallock/core/io';
import { PNG_KEYWORD, readPngText } from '@spatiallock/data';
import { modelDirectory } from '@spatiallock/model-emoji';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { hubServer } from '@spatiallock/testing/hub';
import { addonTensors, components, modelTensors } from '@spatiallock/testing/original';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeServices, filesIn, runHere } from './support.js';

const folder = temporaryFolder();
const config = await fixtureModelFolder();

function write(path: string, tensors: Parameters<typeof writeSafetensors>[0]): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, writeSafetensors(tensors));
  return whole;
}
const single = write('v1-5.safetensors', modelTensors);
const addon = write('gligen.safetensors', addonTensors);
const louder = Object.fromEntries(
  Object.entries(components.vae!).map(([name, { data, shape }]) => [
    name,
    tensor(
      Float32Array.from(data, (x) => x * 0.9),
      shape,
    ),
  ]),
);
const vae = write('other-vae.safetensors', louder);
const settings = readFileSync(join(config, 'vae/config.json'));
const word = write('my-cat.safetensors', { emb_params: tensor(new Float32Array(64).fill(0.3), [2, 32]) });

const sampling = ['--steps', '2', '--seed', '3', '--threads', '1', '--pog', '0'];
const file = ['--model', single, '--config', config];
const object = ['--object', 'a dog@0.1,0.3,0.6,0.9'];

async function paint(words: readonly string[]) {
  const cwd = temporaryFolder();
  const outcome = await runHere(['generate', ...words, ...sampling], { cwd });
  if (outcome.code !== 0) return { ...outcome, bytes: '', record: {}, made: {} };
  const record = JSON.parse(readFileSync(join(cwd, 'picture.json'), 'utf8'));
  expect(filesIn(cwd)).toEqual(['picture.json', 'picture.png']);
  const png = readFileSync(join(cwd, 'picture.png'));
  const made = JSON.parse(readPngText(png, PNG_KEYWORD)!);
  return { ...outcome, bytes: png.toString('base64'), record, made };
}

describe('a single file', () => {
  it('paints prompts alone, and objects with the add-on, as the folder that both were made from', async () => {
    const alone = await paint([...file, '--prompt', 'a dog']);
    expect([alone.code, alone.stderr, alone.record.model]).toEqual([0, '', 'v1-5']);
    const grounded = await paint([...file, '--poi', addon, '--prompt', 'a dog', ...object]);
    const whole = await paint(['--model', config, '--prompt', 'a dog', ...object]);
    expect(pixels(grounded.bytes)).toEqual(pixels(whole.bytes));
    expect(grounded.record.modelHash).not.toBe(alone.record.modelHash);
  });

  it('without the add-on says how to hold objects to their boxes', async () => {
    const { code, stderr } = await paint([...file, '--prompt', 'a dog', ...object]);
    expect([code, stderr]).toEqual([
      2,
      "error: objects: v1-5 has no grounding layers that hold objects to their boxes; give GLIGEN's by --poi gligen.safetensors, or place objects by the words of the prompt: --plugin @spatiallock/attention-guidance, or paint without objects\n",
    ]);
    expect((await paint([...file, '--prompt', 'a dog', '--strength', '0.5'])).stderr).toMatch(
      /^error: --strength: has no effect: v1-5 has no grounding layers/,
    );
  });

  it('takes another autoencoder, and words of textual inversion', async () => {
    writeFileSync(join(folder, 'config.json'), settings);
    const { bytes } = await paint([...file, '--prompt', 'a my-cat']);
    const other = await paint([...file, '--prompt', 'a my-cat', '--vae', vae]);
    expect(other.bytes).not.toBe(bytes);
    const hash = expect.stringMatching(/^[0-9a-f]{16}$/);
    const laidOver = { config: { path: config, hash }, vae: { path: vae, hash } };
    expect([other.record, other.made]).toEqual([
      expect.objectContaining(laidOver),
      expect.objectContaining(laidOver),
    ]);
    const named = await paint([...file, '--prompt', 'a my-cat', '--embedding', word]);
    expect(named.bytes).not.toBe(bytes);
    const renamed = await paint([...file, '--prompt', 'a <x>', '--embedding', `<x>=${word}`]);
    expect(pixels(renamed.bytes)).toEqual(pixels(named.bytes));
    expect(named.record.embeddings).toEqual([{ path: word, hash }]);
    expect(renamed.record.embeddings).toEqual([{ path: word, hash, word: '<x>' }]);
  });

  it('goes on with files laid over it wherever they lie, and with no other word, tokenizer or prediction', async () => {
    const cwd = temporaryFolder();
    const { services } = fakeServices();
    const run = (...more: string[]) =>
      runHere(['generate', '--model', single, '--prompt', 'a', '--count', '2', ...more], { cwd, services });
    const copy = join(temporaryFolder(), 'copy.safetensors');
    writeFileSync(copy, readFileSync(vae));
    expect((await run('--vae', vae, '--embedding', word)).code).toBe(0);
    expect((await run('--vae', copy, '--embedding', word)).stdout).toContain('was there already');
    for (const [more, said] of [
      [['--embedding', `<x>=${word}`], 'other words of --embedding'],
      [['--tokenizer', join(config, 'tokenizer')], 'other contents of --tokenizer'],
      [['--prediction', 'v_prediction'], 'no prediction, not prediction "v_prediction"'],
    ] as const) {
      const { code, stderr } = await run('--vae', vae, ...more);
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
  });

  it('of velocity is painted as that', async () => {
    const { bytes } = await paint([...file, '--prompt', 'a dog', '--scheduler', 'ddim']);
    // The scheduler's config comes from --config where that is given.
    const tokenizer = join(config, 'tokenizer');
    const { code, stderr } = await paint(['--model', single, '--tokenizer', tokenizer, '--prompt', 'a']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('(--config)')]);
    expect(bytes).not.toBe('');
  });
});

describe('flags of models', () => {
  it.each([
    [['--model', 'nowhere'], '--model: nowhere holds no model_index.json; give a model directory'],
    [['--vae', 'nowhere'], '--vae: there is no file or folder nowhere'],
    [['--poi', ''], '--poi: there is no file or folder of an empty name'],
    [['--embedding', 'a=b.safetensors'], '--embedding: there is no file b.safetensors'],
    [['--model', config, '--tokenizer', config], '--tokenizer: belongs to a --model that is one file'],
    [['--prediction', 'epsilon'], '--prediction: belongs to a --model that is one file'],
    [['--model', config, '--revision', 'main'], '--revision: belongs to a --model of the hub'],
    [[...file, '--prediction', 'v'], '--prediction: must be one of epsilon, v_prediction'],
    [['--model', addon], "gligen.safetensors: is GLIGEN's grounding layers; give a Stable Diffusion"],
    [[...file, '--poi', single], 'holds no grounding layers'],
  ])('%j', async (words, message) => {
    const { code, stderr } = await paint([...words, '--prompt', 'a']);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('flags of the hub', () => {
  it('belong to ids, files of repositories and folders of the cache', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'models--owner--name'));
    for (const model of ['owner/name', 'owner/name/model.safetensors', 'models--owner--name']) {
      const { services, requests } = fakeServices();
      const words = [
        'generate',
        '--model',
        model,
        '--revision',
        'main',
        '--variant',
        'fp16',
        '--prompt',
        'a',
      ];
      // There is no model to hash; only the request to the services is checked.
      await runHere(words, { cwd, services });
      expect(requests.map(({ source }) => source)).toEqual([{ revision: 'main', variant: 'fp16' }]);
    }
  });
});

describe('a model of the hub', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is downloaded into the cache, reported in bytes, and painted', async () => {
    const files = Object.fromEntries(
      [
        ...['model_index.json', 'unet/config.json', 'unet/diffusion_pytorch_model.safetensors'],
        ...['vae/config.json', 'vae/diffusion_pytorch_model.safetensors', 'text_encoder/config.json'],
        ...['text_encoder/model.safetensors', 'tokenizer/vocab.json', 'tokenizer/merges.txt'],
        ...['tokenizer/tokenizer_config.json', 'scheduler/scheduler_config.json'],
      ].map((path) => [path, new Uint8Array(readFileSync(join(config, path)))] as const),
    );
    const server = await hubServer('owner/name', files);
    vi.stubEnv('HF_ENDPOINT', server.endpoint);
    vi.stubEnv('HF_HOME', temporaryFolder());
    const words = ['generate', '--model', 'owner/name', '--prompt', 'a dog', ...object, ...sampling];
    const first = await runHere(words, { cwd: temporaryFolder(), progress: 'lines' });
    expect([first.code, first.stderr]).toEqual([0, expect.stringMatching(/downloading \d+ MB \d+ %/)]);
    await server.close();
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const cwd = temporaryFolder();
    const again = await runHere(words, { cwd });
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(join(cwd, 'picture.json'), 'utf8')).model).toBe('owner/name');
    const other = await runHere(
      words.map((each) => each.replace('owner/name', 'owner/other')),
      { cwd },
    );
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('owner/other: is not in the cache'),
    ]);
  });
});

describe('a single file of the hub', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('paints, and is inspected, by its id and its name', async () => {
    const server = await hubServer('owner/files', {
      'v1-5.safetensors': new Uint8Array(readFileSync(single)),
    });
    vi.stubEnv('HF_ENDPOINT', server.endpoint);
    vi.stubEnv('HF_HOME', temporaryFolder());
    const id = 'owner/files/v1-5.safetensors';
    const painted = await paint(['--model', id, '--config', config, '--prompt', 'a dog']);
    const here = await paint([...file, '--prompt', 'a dog']);
    expect([painted.stderr, pixels(painted.bytes)]).toEqual(['', pixels(here.bytes)]);
    const { code, stdout } = await runHere(['inspect', id], { cwd: folder });
    expect([code, stdout]).toEqual([0, expect.stringContaining('becomes a diffusers folder')]);
    const none = await paint(['--model', 'owner/files/v2.safetensors', '--prompt', 'a dog']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('it has v1-5.safetensors')]);
    await server.close();
  });
});

describe("TAESD's decoder", () => {
  it('makes the pictures by --vae, also where the config of another autoencoder lies beside it', async () => {
    const taesd = write('taesd_decoder.safetensors', tinyDecoder());
    writeFileSync(join(folder, 'config.json'), settings);
    const own = await paint(['--model', config, '--prompt', 'a dog']);
    const tiny = await paint(['--model', config, '--prompt', 'a dog', '--vae', taesd]);
    expect([tiny.code, tiny.stderr]).toEqual([0, '']);
    expect(pixels(tiny.bytes)).not.toBe(pixels(own.bytes));
  });
});

/** As TAESD's repository names the layers, with 8 channels and one block of each size: 8 pixels for a latent. */
function tinyDecoder() {
  const shapes: Record<string, readonly number[]> = { '1.weight': [8, 4, 3, 3], '1.bias': [8] };
  let layer = 3;
  for (const stage of [0, 1, 2, 3]) {
    for (const at of [0, 2, 4]) {
      shapes[`${layer}.conv.${at}.weight`] = [8, 8, 3, 3];
      shapes[`${layer}.conv.${at}.bias`] = [8];
    }
    layer++;
    if (stage === 3) {
      Object.assign(shapes, { [`${layer}.weight`]: [3, 8, 3, 3], [`${layer}.bias`]: [3] });
    } else {
      shapes[`${layer + 1}.weight`] = [8, 8, 3, 3];
      layer += 2;
    }
  }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [
        name,
        tensor(
          Float32Array.from({ length: count }, (_, i) => 0.2 * Math.sin(i * 7)),
          shape,
        ),
      ];
    }),
  );
}

describe('inspect and convert', () => {
  const run = (words: readonly string[]) => runHere(words, { cwd: folder });

  it('tell what a file is, and write it as a folder that paints', async () => {
    const { code, stdout } = await run(['inspect', 'gligen.safetensors']);
    expect([code, stdout]).toEqual([0, expect.stringContaining("  GLIGEN's grounding layers\n")]);
    const json = await run(['inspect', single, '--json']);
    expect(json.stdout).toBe(`${JSON.stringify(JSON.parse(json.stdout), null, 2)}\n`);
    expect(JSON.parse(json.stdout).parts.map(({ name }: { name: string }) => name)).toEqual([
      'unet',
      'vae',
      'text_encoder',
    ]);
    const words = ['convert', single, 'made', '--config', config, '--poi', addon, '--dtype', 'float16'];
    expect(await run(words)).toMatchObject({ code: 0, stdout: `${join(folder, 'made')}\n` });
    expect((await paint(['--model', join(folder, 'made'), '--prompt', 'a dog', ...object])).code).toBe(0);
    expect(await run(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('is not empty') });
  });

  it('list what a model directory declares, and refuse a declaration that cannot be read', async () => {
    const { code, stdout } = await run(['inspect', modelDirectory]);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        '  plugin: @spatiallock/poi',
        '  plugin: @spatiallock/pog',
        '  guided by the detector @spatiallock/detectors/query, weights in @spatiallock/detectors/weights/query',
        '  evaluated by the detector @spatiallock/detectors/center, weights in @spatiallock/detectors/weights/center',
        '  vocabulary: tokenizer/words.json',
        '  licence: MIT',
      ]),
    );
    const { declaration } = JSON.parse((await run(['inspect', modelDirectory, '--json'])).stdout);
    expect(declaration.plugins[0]).toEqual({ module: '@spatiallock/poi' });
    const model = await fixtureModelFolder();
    expect((await run(['inspect', model])).stdout).not.toContain('plugin: ');
    writeFileSync(join(model, 'spatiallock.json'), '{"version":1,"plugins":3}');
    expect((await run(['inspect', model])).stdout).toContain(
      '  cannot be used: spatiallock.json: plugins: must be a list',
    );
  });

  it('leave nothing of an export that failed, so that it can be run again', async () => {
    const declared = { version: 1, plugins: [{ module: '@nobody/nothing' }] };
    const broken = await fixtureModelFolder({
      'spatiallock.json': new TextEncoder().encode(JSON.stringify(declared)),
    });
    const cwd = temporaryFolder();
    for (const _ of [1, 2]) {
      const { code, stderr } = await runHere(['export', broken, 'onnx', '--quiet'], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining('@nobody/nothing: is not installed')]);
      expect(filesIn(cwd)).toEqual([]);
    }
  });

  it('stop an export where it is interrupted among its networks, and leave nothing of it', async () => {
    const cwd = temporaryFolder();
    const controller = new AbortController();
    const looking = setInterval(() => {
      if (existsSync(join(cwd, 'onnx', 'unet.onnx'))) controller.abort();
    }, 1);
    const words = ['export', single, 'onnx', '--config', config, '--quiet'];
    const { code } = await runHere(words, { cwd, signal: controller.signal });
    clearInterval(looking);
    expect([controller.signal.aborted, code, filesIn(cwd)]).toEqual([true, 130, []]);
  });

  it('export networks that plain onnxruntime runs', async () => {
    const words = ['export', single, 'onnx', '--config', config, '--poi', addon, '--license', 'mit'];
    const { code, stdout, stderr } = await run(words);
    expect([code, stderr, stdout.trim().split('\n').length]).toEqual([0, '', 3]);
    const session = await InferenceSession.create(join(folder, 'onnx', 'unet.onnx'));
    expect([...session.inputNames].sort()).toEqual(
      ['poi.boxes', 'poi.embeddings', 'poi.masks', 'poi.strength', 'sample', 'text', 'timestep'].sort(),
    );
    const zeros = (dims: readonly number[]) =>
      new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
    const feeds = Object.fromEntries(
      session.inputMetadata.map((each) => [each.name, zeros('shape' in each ? each.shape.map(Number) : [])]),
    );
    const { output } = await session.run(feeds);
    expect(output!.dims).toEqual(feeds.sample!.dims);
    expect(Array.from(output!.data as Float32Array).every(Number.isFinite)).toBe(true);
    const weights = join(folder, 'onnx', 'unet', 'diffusion_pytorch_model.safetensors');
    expect(readSafetensorsHeader(readFileSync(weights)).metadata.license).toBe('mit');
    const text = await InferenceSession.create(join(folder, 'onnx', 'text_encoder.onnx'));
    expect(text.inputNames).toEqual(['ids']);
    const decoder = await InferenceSession.create(join(folder, 'onnx', 'vae_decoder.onnx'));
    const latents = new Tensor('float32', new Float32Array(4 * 16 * 16), [1, 4, 16, 16]);
    expect((await decoder.run({ latents })).image!.dims).toEqual([1, 3, 32, 32]);
  });

  it.each([
    [['inspect'], 'inspect: give a file, a folder or an id of the hub'],
    [['inspect', 'a', 'b'], 'inspect: takes one file or folder, not 2'],
    [['inspect', 'nowhere'], 'nowhere: there is no such file or folder'],
    [['convert', 'a'], 'convert: takes two paths'],
    [['convert', 'nowhere', 'b'], 'convert: nowhere holds no model_index.json'],
    [['convert', single, 'b', '--dtype', 'int3'], '--dtype: must be one of float32, float16, int8, int4'],
  ])('%j', async (words, message) => {
    const { code, stderr } = await run(words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

/** PNG files carry what they were made from: their pixels are in the IDAT chunks. */
function pixels(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return Buffer.concat(parts).toString('base64');
}
