// The package as a page meets it: no module of Node, and an address for every file of the model.

import { execFileSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { pathOfUrl } from '../src/directory.js';
import { modelDirectory } from '../src/index.js';
import { modelFiles, modelPaths } from '../src/web.js';

afterEach(() => vi.unstubAllGlobals());

it('has an address for each file of the model', () => {
  const files = execFileSync('git', ['ls-files'], { cwd: modelDirectory, encoding: 'utf8' });
  expect([...modelPaths].sort()).toEqual(files.trim().split('\n').sort());
});

it('fetches a file from its address, and knows which are not there', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (address: string) => {
    asked.push(address);
    return new Response(Uint8Array.of(1, 2), { status: address.endsWith('vocab.json') ? 503 : 200 });
  });
  expect(await modelFiles.read('vae/config.json')).toEqual(Uint8Array.of(1, 2));
  expect(asked).toEqual([new URL('../model/vae/config.json', import.meta.url).href]);
  expect(await modelFiles.read('toString')).toBeUndefined();
  expect(await modelFiles.exists?.('toString')).toBe(false);
  expect(await modelFiles.exists?.('unet/config.json')).toBe(true);
  await expect(modelFiles.read('tokenizer/vocab.json')).rejects.toThrow(
    'vocab.json: the server answered 503',
  );
});

it('tells the path of a file URL as Node does', () => {
  const letters = fc.string({
    unit: fc.constantFrom('a', 'Z', ' ', '%', '#', '?', 'ü', '日', '.', '\\'),
    minLength: 1,
  });
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 4 }), (parts) => {
      const url = pathToFileURL(`/${parts.join('/')}`);
      expect(pathOfUrl(url)).toBe(fileURLToPath(url));
    }),
  );
  for (const address of ['file:///C:/models/a%20b', 'file://host/share/model']) {
    expect(pathOfUrl(new URL(address))).toBe(fileURLToPath(address, { windows: true }));
  }
  expect(pathOfUrl(new URL('https://host.example/model'))).toBe('https://host.example/model');
});
