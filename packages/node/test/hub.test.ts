// Models of the hub, by way of a server on loopback, into Hugging Face's cache.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitHash, type HubServer, hubServer, refuse, sha256 } from '@spatiallock/testing/hub';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type DownloadProgress,
  type HubOptions,
  hubFile,
  hubFileOf,
  hubSettings,
  hubSnapshot,
  isHubId,
  snapshotIn,
} from '../src/index.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, link: vi.fn(real.link), open: vi.fn(real.open), symlink: vi.fn(real.symlink) };
});

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const UNET = 'unet/diffusion_pytorch_model.safetensors';
const index = {
  _class_name: 'StableDiffusionPipeline',
  safety_checker: ['stable_diffusion', 'StableDiffusionSafetyChecker'],
  unet: ['diffusers', 'UNet2DConditionModel'],
};
const files: Readonly<Record<string, Uint8Array>> = {
  'README.md': text('words'),
  'model_index.json': text(JSON.stringify(index)),
  'unet/config.json': text('{}'),
  [UNET]: weights,
  'unet/diffusion_pytorch_model.fp16.safetensors': weights.subarray(0, 1000),
  'unet/diffusion_pytorch_model.bin': weights,
  'poi/model.safetensors': weights.subarray(7, 99),
  'safety_checker/model.safetensors': weights,
  'tokenizer/merges.txt': text('#version\n'),
  'tokenizer/vocab.json': text('{"ü": 1}'),
};
const ID = 'owner/name';

let cache: string;
let server: HubServer;
let waits: number[];
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'hub-'));
  server = await hubServer(ID, files);
  waits = [];
});
afterEach(async () => {
  await server.close();
  rmSync(cache, { recursive: true });
});

const fetchModel = (options: HubOptions = {}) =>
  hubSnapshot(ID, {
    settings: { endpoint: server.endpoint, cache, offline: false },
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
    ...options,
  });
const repo = () => join(cache, 'models--owner--name');
const offline = () => ({ endpoint: server.endpoint, cache, offline: true });
const requestsOf = (name: string) => server.requests.filter((each) => each.includes(name));

describe('a model of the hub', () => {
  it("lies in the cache as Python's huggingface_hub keeps it", async () => {
    const folder = await fetchModel();
    expect(folder).toBe(join(repo(), 'snapshots', server.commit));
    expect(readFileSync(join(repo(), 'refs', 'main'), 'utf8')).toBe(server.commit);
    expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
    expect(readlinkSync(join(folder, UNET))).toBe(`../../../blobs/${sha256(weights)}`);
    const config = files['unet/config.json']!;
    expect(readlinkSync(join(folder, 'unet/config.json'))).toBe(`../../../blobs/${gitHash(config)}`);
    expect(readdirSync(cache).sort()).toEqual(['.locks', 'models--owner--name']);
  });

  it('is what a pipeline reads: no pickles, no checker, one form of weights', async () => {
    const folder = await fetchModel();
    const at = (name: string) => readdirSync(join(folder, name)).sort();
    expect(at('.')).toEqual(['model_index.json', 'poi', 'tokenizer', 'unet']);
    expect(at('unet')).toEqual(['config.json', 'diffusion_pytorch_model.safetensors']);
    expect(at('tokenizer')).toEqual(['merges.txt', 'vocab.json']);
  });

  it('is fetched in half precision where that is asked for', async () => {
    const folder = await fetchModel({ variant: 'fp16' });
    expect(readdirSync(join(folder, 'unet'))).toContain('diffusion_pytorch_model.fp16.safetensors');
    expect(requestsOf('diffusion_pytorch_model.safetensors')).toEqual([]);
  });

  it('tells its progress in bytes, which never fall and end at the total', async () => {
    const reported: DownloadProgress[] = [];
    await fetchModel({ onDownload: (progress) => reported.push(progress) });
    const unet = reported.filter(({ path }) => path === UNET).map(({ bytes }) => bytes);
    expect(unet.at(-1)! - unet[0]!).toBeGreaterThanOrEqual(weights.length);
    expect(unet).toEqual([...unet].sort((a, b) => a - b));
    expect(reported.at(-1)!.bytes).toBe(reported.at(-1)!.total);
  });

  it('is fetched once, also where Python has fetched it', async () => {
    mkdirSync(join(repo(), 'blobs'), { recursive: true });
    writeFileSync(join(repo(), 'blobs', sha256(weights)), weights);
    await fetchModel();
    expect(requestsOf('diffusion_pytorch_model')).toEqual([]);
    server.requests.length = 0;
    await fetchModel();
    expect(server.requests.filter((each) => !each.includes('/api/'))).toEqual([]);
  });

  it('is taken from the cache offline, and by a commit', async () => {
    await expect(fetchModel({ settings: offline() })).rejects.toThrow(
      `owner/name: is not in the cache ${cache}, and HF_HUB_OFFLINE forbids the network`,
    );
    const folder = await fetchModel();
    server.requests.length = 0;
    expect(await fetchModel({ settings: offline() })).toBe(folder);
    expect(await fetchModel({ settings: offline(), revision: server.commit })).toBe(folder);
    expect(server.requests).toEqual([]);
  });

  it('has every file of the folders that spatiallock.json names, and its list of words', async () => {
    await server.close();
    const declaration = {
      version: 1,
      plugins: [
        { module: '@spatiallock/lora', folder: 'lora' },
        { module: '@spatiallock/poi', folder: 'unet' },
      ],
      detectors: { judges: { module: '@someone/detector', folder: 'judge' } },
      vocabulary: 'words/list.json',
    };
    const named = ['lora/pytorch_lora_weights.safetensors', 'judge/net/graph.onnx', 'words/list.json'];
    const others = ['words/other.json', 'loras/pytorch_lora_weights.safetensors'];
    server = await hubServer(ID, {
      ...files,
      ...Object.fromEntries([...named, ...others].map((path) => [path, text(path)])),
      'spatiallock.json': text(JSON.stringify(declaration)),
    });
    const folder = await fetchModel();
    for (const path of named) expect(readFileSync(join(folder, path), 'utf8')).toBe(path);
    const all = readdirSync(folder, { recursive: true }).map(String);
    expect(all.filter((path) => others.includes(path) || path.endsWith('.bin'))).toEqual([]);
    expect(await fetchModel({ settings: offline() })).toBe(folder);
  });

  it('lies in the cache as copies where the disk has no links', async () => {
    const refused = async () => Promise.reject(Object.assign(new Error('made up'), { code: 'ENOTSUP' }));
    for (const each of [fs.link, fs.symlink]) vi.mocked(each).mockImplementation(refused);
    try {
      const folder = await fetchModel();
      expect(lstatSync(join(folder, UNET)).isFile()).toBe(true);
      expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
    } finally {
      for (const each of [fs.link, fs.symlink]) vi.mocked(each).mockReset();
    }
  });

  it('is taken from the cache where no answer comes, with a warning', async () => {
    const folder = await fetchModel();
    await server.close();
    const warnings: string[] = [];
    expect(await fetchModel({ onWarning: (message) => warnings.push(message) })).toBe(folder);
    expect(warnings).toEqual([
      expect.stringMatching(/no answer \(.*\); taking owner\/name as it is in the cache$/),
    ]);
    rmSync(repo(), { recursive: true });
    await expect(fetchModel()).rejects.toThrow(/^owner\/name: .*no answer/);
  });
});

it('a cache that holds a model whole is not written to, for it may be read-only', async () => {
  const folder = await fetchModel();
  const ref = join(repo(), 'refs', 'main');
  const opened = vi.mocked(fs.open).mockImplementation(async (path, flags = 'r', ...more) => {
    const { open } = await vi.importActual<typeof fs>('node:fs/promises');
    if (String(path).startsWith(cache) && flags !== 'r') {
      throw Object.assign(new Error(`EROFS: read-only file system, open '${path}'`), { code: 'EROFS' });
    }
    return open(path, flags, ...more);
  });
  try {
    expect(await fetchModel()).toBe(folder);
    expect(readFileSync(ref, 'utf8')).toBe(server.commit);
  } finally {
    opened.mockReset();
  }
});

describe('a model that two open at once', () => {
  const lock = () => join(cache, '.locks', 'models--owner--name', 'lock.json');
  const held = () => {
    mkdirSync(join(lock(), '..'), { recursive: true });
    writeFileSync(lock(), JSON.stringify({ pid: 1, host: 'elsewhere', began: '' }));
  };

  it('is downloaded once, and both have it', async () => {
    const [one, other] = await Promise.all([fetchModel(), fetchModel()]);
    expect(one).toBe(other);
    expect(sha256(readFileSync(join(one, UNET)))).toBe(sha256(weights));
    expect(requestsOf('/store/unet')).toHaveLength(1);
    expect(existsSync(lock())).toBe(false);
  });

  it('opens beside a download where it is whole', async () => {
    const folder = await fetchModel();
    held();
    expect(await fetchModel()).toBe(folder);
    expect(waits).toEqual([]);
  });

  it('waits until it is free, with a warning', async () => {
    held();
    const warnings: string[] = [];
    const folder = await fetchModel({
      wait: async (milliseconds) => {
        waits.push(milliseconds);
        if (waits.length === 3) rmSync(lock());
      },
      onWarning: (message) => warnings.push(message),
    });
    expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
    expect(waits).toEqual([500, 500, 500]);
    expect(warnings).toEqual(['process 1 on elsewhere is downloading owner/name; waiting for it']);
  });

  it('waits no longer than ten minutes for another machine, and stops where it is cancelled', async () => {
    held();
    await expect(fetchModel()).rejects.toThrow(
      /process 1 on elsewhere is working in it; wait for it .*remove/,
    );
    expect(waits.reduce((sum, each) => sum + each, 0)).toBe(600_000);
    const controller = new AbortController();
    const wait = async () => controller.abort();
    await expect(fetchModel({ signal: controller.signal, wait })).rejects.toThrow(/abort/i);
    expect(existsSync(lock())).toBe(true);
  });
});

describe('a token', () => {
  it('goes to the hub, and not to where the hub sends us', async () => {
    await fetchModel({ token: 'secret' });
    expect(new Set(server.tokens.hub)).toEqual(new Set(['Bearer secret']));
    expect(server.tokens.store.length).toBeGreaterThan(0);
    expect(new Set(server.tokens.store)).toEqual(new Set([undefined]));
  });

  it('stands in no message', async () => {
    server.fault = (_, response) => refuse(response, 401) ?? true;
    const failed = await fetchModel({ token: 'hf_secret' }).catch((cause: Error) => cause.message);
    expect(failed).toBe(
      `owner/name: the hub refuses the token (401), or there is no such model at ${server.endpoint}`,
    );
  });
});

describe('faults', () => {
  it.each([
    [401, /there is no such model at http.*, or it is private \(401\); check the name, or set HF_TOKEN/],
    [403, /it is gated \(403\); accept its conditions on its page, and set HF_TOKEN/],
    [404, /there is no such model or no revision main at .* \(404\); check the name and --revision/],
  ])('%d is explained, and not asked again', async (status, message) => {
    server.fault = (_, response) => refuse(response, status) ?? true;
    await expect(fetchModel()).rejects.toThrow(message);
    expect([server.requests.length, waits]).toEqual([1, []]);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('429 is waited for as long as the server asks, and given up at last', async () => {
    let left = 2;
    server.fault = (_, response) => left-- > 0 && (refuse(response, 429, { 'retry-after': '7' }) ?? true);
    await fetchModel();
    expect(waits).toEqual([7000, 7000]);
    left = Number.POSITIVE_INFINITY;
    rmSync(repo(), { recursive: true });
    await expect(fetchModel()).rejects.toThrow('owner/name: the hub asks to wait (429)');
    expect(waits).toHaveLength(2 + 4);
  });

  it.each([
    [401, undefined, /^there is no such model at .* \(401\).*; taking owner\/name as it is in the cache$/],
    [401, 'hf_secret', /^the hub refuses the token \(401\).*; taking owner\/name as it is in the cache$/],
    [403, undefined, /^it is gated \(403\).*; taking owner\/name as it is in the cache$/],
    [429, undefined, /^the hub asks to wait \(429\).*; taking owner\/name as it is in the cache$/],
    [500, undefined, /^the hub answers with status 500.*; taking owner\/name as it is in the cache$/],
  ])('%d takes a model that is in the cache, with a warning (token: %s)', async (status, token, message) => {
    const folder = await fetchModel();
    server.fault = (_, response) => refuse(response, status) ?? true;
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    expect(await fetchModel({ onWarning, ...(token === undefined ? {} : { token }) })).toBe(folder);
    expect(warnings).toEqual([expect.stringMatching(message)]);
    // What a download that was cut has left is no model.
    rmSync(join(folder, UNET));
    await expect(fetchModel()).rejects.toThrow(`(${status})`.replace('(500)', 'status 500'));
  });

  it('404 is told though a model is in the cache: the hub has it no more', async () => {
    await fetchModel();
    server.fault = (_, response) => refuse(response, 404) ?? true;
    await expect(fetchModel()).rejects.toThrow('(404)');
  });

  it('a cut connection goes on where it was', async () => {
    let cuts = 0;
    server.fault = (request, response, path) => {
      if (!path.startsWith('/store/unet') || cuts === 2) return false;
      cuts++;
      const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': weights.length - from });
      response.write(weights.subarray(from, from + 100_000), () => setTimeout(() => response.destroy(), 30));
      return true;
    };
    const folder = await fetchModel();
    expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
    const ranges = requestsOf('/store/unet').map((each) => Number(/bytes=(\d+)/.exec(each)?.[1] ?? 0));
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBe(0);
    expect(ranges[2]).toBeGreaterThan(ranges[1]!);
    expect(ranges[1]).toBeGreaterThan(0);
  });

  it('another run goes on with what a killed one left', async () => {
    mkdirSync(join(repo(), 'blobs'), { recursive: true });
    writeFileSync(join(repo(), 'blobs', `${sha256(weights)}.incomplete`), weights.subarray(0, 123_456));
    const folder = await fetchModel();
    expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
    expect(requestsOf('/store/unet')).toEqual([expect.stringContaining('bytes=123456-')]);
  });

  it('a server that cannot resume is asked for the whole file', async () => {
    mkdirSync(join(repo(), 'blobs'), { recursive: true });
    writeFileSync(join(repo(), 'blobs', `${sha256(weights)}.incomplete`), weights.subarray(0, 123_456));
    server.fault = (_, response, path) => {
      if (!path.startsWith('/store/unet')) return false;
      response.writeHead(200, { 'content-length': weights.length }).end(weights);
      return true;
    };
    const folder = await fetchModel();
    expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
  });

  it.each([
    ['that was left by another program', 1],
    ['that the server sends', 2],
  ])('a wrong hash of bytes %s is found, and nothing wrong is kept', async (_, wrong) => {
    const spoilt = weights.map((byte) => byte ^ 1);
    let sent = wrong;
    server.fault = (_request, response, path) => {
      if (!path.startsWith('/store/unet') || sent-- <= 0) return false;
      response.writeHead(200, { 'content-length': spoilt.length }).end(spoilt);
      return true;
    };
    if (wrong === 1) {
      const folder = await fetchModel();
      expect(sha256(readFileSync(join(folder, UNET)))).toBe(sha256(weights));
      return;
    }
    await expect(fetchModel()).rejects.toThrow(
      /^owner\/name: unet\/.*: what arrived has the hash [0-9a-f]{12}, the hub lists [0-9a-f]{12}/,
    );
    expect(readdirSync(join(repo(), 'blobs')).some((name) => name.startsWith(sha256(weights)))).toBe(false);
    // What is not whole is no revision.
    await expect(fetchModel({ settings: offline() })).rejects.toThrow('is not in the cache');
  });

  it('a cancelled download stops, and keeps what is there', async () => {
    const controller = new AbortController();
    server.fault = (_, response, path) => {
      if (!path.startsWith('/store/unet')) return false;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 50_000), () => setTimeout(() => controller.abort(), 30));
      return true;
    };
    await expect(fetchModel({ signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(readFileSync(join(repo(), 'blobs', `${sha256(weights)}.incomplete`)).length).toBeGreaterThan(0);
    server.fault = undefined;
    expect(await fetchModel()).toContain('snapshots');
  });

  it.each(['../../evil.json', 'unet/../../../evil.json', '/etc/evil.json', 'unet/..\\evil.json'])(
    'a path that leads out of the cache is refused: %s',
    async (path) => {
      await server.close();
      server = await hubServer(ID, { ...files, [path]: text('{}'), 'unet/config.json': text('{}') });
      const made = await fetchModel().catch((cause: Error) => cause);
      const below = readdirSync(cache, { recursive: true }).map(String);
      expect(below.filter((name) => name.includes('evil'))).toEqual([]);
      if (made instanceof Error) expect(made.message).toContain('cannot be the name of a file');
    },
  );

  it('a repository without an index is refused with its files', async () => {
    await server.close();
    server = await hubServer(ID, { 'v1-5.safetensors': weights, 'v1-5.ckpt': weights });
    await expect(fetchModel()).rejects.toThrow(
      'owner/name: holds no model_index.json, so that it is no diffusers folder; give one of its files, owner/name/v1-5.safetensors',
    );
  });
});

describe('a file of the hub', () => {
  const fetchFile = (path: string, options: HubOptions = {}) =>
    hubFile(
      { id: ID, path },
      {
        settings: { endpoint: server.endpoint, cache, offline: false },
        wait: async () => undefined,
        ...options,
      },
    );

  it('is fetched alone, with the .yaml beside it, into the same cache', async () => {
    await server.close();
    const yaml = text('parameterization: v');
    server = await hubServer(ID, { ...files, 'all/v1-5.safetensors': weights, 'all/v1-5.yaml': yaml });
    const path = await fetchFile('all/v1-5.safetensors');
    expect(path).toBe(join(repo(), 'snapshots', server.commit, 'all/v1-5.safetensors'));
    expect(sha256(readFileSync(path))).toBe(sha256(weights));
    expect(readdirSync(join(repo(), 'snapshots', server.commit, 'all')).sort()).toEqual([
      'v1-5.safetensors',
      'v1-5.yaml',
    ]);
    expect(requestsOf('unet')).toEqual([]);
    expect(await fetchFile('all/v1-5.safetensors', { settings: offline() })).toBe(path);
  });

  it('that is not there is refused with those that are', async () => {
    await expect(fetchFile('none.safetensors')).rejects.toThrow(
      `owner/name/none.safetensors: there is no file none.safetensors; it has ${UNET}`,
    );
    await expect(fetchFile(UNET, { settings: offline() })).rejects.toThrow(
      `owner/name/${UNET}: is not in the cache`,
    );
  });

  it.each([
    ['owner/name/a.safetensors', { id: 'owner/name', path: 'a.safetensors' }],
    ['owner/name/all/a b.safetensors', { id: 'owner/name', path: 'all/a b.safetensors' }],
    ['owner/name', undefined],
    ['owner/name/a.ckpt', undefined],
    ['owner/name/../a.safetensors', undefined],
    ['./name/a.safetensors', undefined],
    ['/owner/name/a.safetensors', undefined],
  ])('%s means %j', (given, meant) => {
    expect(hubFileOf(given)).toEqual(meant);
  });
});

describe('a cache folder models--owner--name', () => {
  it('opens at main, at the revision that is asked for, or at the only one', async () => {
    await fetchModel();
    const snapshot = join(repo(), 'snapshots', server.commit);
    expect(await snapshotIn(repo())).toBe(snapshot);
    expect(await snapshotIn(repo(), server.commit)).toBe(snapshot);
    await expect(snapshotIn(repo(), 'v2')).rejects.toThrow(
      `this cache holds no revision v2; it has main, ${server.commit}`,
    );
    rmSync(join(repo(), 'refs'), { recursive: true });
    expect(await snapshotIn(repo())).toBe(snapshot);
  });

  it('says that it is empty', async () => {
    mkdirSync(repo());
    await expect(snapshotIn(repo())).rejects.toThrow('this cache holds no revision main; it is empty');
    symlinkSync('/nowhere', join(repo(), 'snapshots'));
    await expect(snapshotIn(repo())).rejects.toThrow('it is empty');
  });
});

describe('settings', () => {
  it.each([
    [{}, { endpoint: 'https://huggingface.co', offline: false }],
    [{ HF_HOME: '/hf' }, { cache: '/hf/hub' }],
    [{ HF_HOME: '/hf', HF_HUB_CACHE: '/other' }, { cache: '/other' }],
    [{ XDG_CACHE_HOME: '/xdg' }, { cache: '/xdg/huggingface/hub' }],
    [{ HF_ENDPOINT: 'https://mirror.example/' }, { endpoint: 'https://mirror.example' }],
    [{ HF_TOKEN: ' hf_x\n' }, { token: 'hf_x' }],
    [{ HF_HUB_OFFLINE: '1' }, { offline: true }],
    [{ HF_HUB_OFFLINE: 'YES' }, { offline: true }],
    [{ HF_HUB_OFFLINE: '0' }, { offline: false }],
  ])('of %j', (env, expected) => {
    expect(hubSettings(env)).toMatchObject(expected);
  });

  it('take the token that was saved', () => {
    writeFileSync(join(cache, 'token'), 'hf_saved\n');
    expect(hubSettings({ HF_HOME: cache }).token).toBe('hf_saved');
    expect(hubSettings({ HF_TOKEN_PATH: join(cache, 'token') }).token).toBe('hf_saved');
  });

  it.each([
    ['owner/name', true],
    ['stable-diffusion-v1-5/stable-diffusion-v1-5', true],
    ['name', false],
    ['a/b/c', false],
    ['./name', false],
    ['../name', false],
    ['owner/..', false],
  ])('%s is an id: %s', (given, is) => {
    expect(isHubId(given)).toBe(is);
  });
});
