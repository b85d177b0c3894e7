// The store over a file system that forgets as Chromium's does.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it, vi } from 'vitest';
import { opfsStore } from '../src/index.js';

afterEach(() => vi.unstubAllGlobals());

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const turn = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Answers, as Chromium does, only while somebody holds it. */
class ForgottenHandle {
  readonly #waiting: ((file: object) => void)[] = [];

  createSyncAccessHandle(): Promise<object> {
    answerLater(new WeakRef(this));
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  answer(): void {
    for (const resolve of this.#waiting) resolve({ name: 'open' });
  }
}

/** Apart from the method, whose other function would hold the handle for both. */
const answerLater = (handle: WeakRef<ForgottenHandle>) =>
  void setTimeout(() => handle.deref()?.answer(), 100);

it('a file is opened although garbage is collected meanwhile', async () => {
  const folder = { getFileHandle: async () => new ForgottenHandle() };
  const root = { getDirectoryHandle: async () => folder };
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
  const store = await opfsStore();
  const opening = store.open('unet');
  for (let i = 0; i < 5; i++) {
    await turn();
    collect();
  }
  expect(await Promise.race([opening, new Promise((r) => setTimeout(r, 2000))])).toEqual({ name: 'open' });
});

it('says where the browser refuses its file system, as in private windows', async () => {
  const refused = async () => Promise.reject(new DOMException('insecure', 'SecurityError'));
  vi.stubGlobal('navigator', { storage: { getDirectory: refused } });
  await expect(opfsStore()).rejects.toThrow(
    'opfsStore: this browser gives no file system of its own here (insecure), as in private windows',
  );
});
