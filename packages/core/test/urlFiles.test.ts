import { describe, expect, it, vi } from 'vitest';
import type { FetchLike } from '../src/entries/io.js';
import { urlFiles } from '../src/index.js';

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string;
}

/** A server of these answers by address, and the addresses that were asked for. */
function server(answers: Readonly<Record<string, Answer>>) {
  const asked: string[] = [];
  const fetch: FetchLike = async (url) => {
    asked.push(url);
    const { status = 200, type, body = '' } = answers[url] ?? { status: 404 };
    const bytes = new TextEncoder().encode(body);
    return {
      ok: status >= 200 && status < 300,
      status,
      headers: { get: (name) => (name.toLowerCase() === 'content-type' ? (type ?? null) : null) },
      arrayBuffer: async () => bytes.buffer as ArrayBuffer,
    };
  };
  return { asked, fetch };
}

const page = { type: 'text/html; charset=utf-8', body: '<!doctype html>' };

describe('urlFiles', () => {
  it('reads the files below an address, each once, however often they are asked for', async () => {
    const { asked, fetch } = server({ '/model/unet/config.json': { type: 'application/json', body: '{}' } });
    for (const base of ['/model', '/model/']) {
      const files = urlFiles(base, { fetch });
      const [first, again] = await Promise.all([
        files.read('unet/config.json'),
        files.read('unet/config.json'),
      ]);
      expect(new TextDecoder().decode(first)).toBe('{}');
      expect(again).toBe(first);
      expect(await files.read('unet/config.json')).toBe(first);
      expect(await files.read('absent.json')).toBeUndefined();
      expect(await files.read('absent.json')).toBeUndefined();
      expect(asked.splice(0)).toEqual(['/model/unet/config.json', '/model/absent.json']);
    }
  });

  it('takes the page that servers give for a missing file as its absence', async () => {
    const { fetch } = server({
      '/m/words.json': page,
      '/m/upper.json': { ...page, type: 'TEXT/HTML' },
      '/m/help.html': page,
      '/m/plain.bin': { body: 'x' },
    });
    const files = urlFiles('/m', { fetch });
    expect(await files.read('words.json')).toBeUndefined();
    expect(await files.read('upper.json')).toBeUndefined();
    expect(await files.read('help.html')).toHaveLength(page.body.length);
    expect(await files.read('plain.bin')).toHaveLength(1);
  });

  it.each([401, 403, 500, 503])(
    'rejects with the address where the status is %d, and asks again',
    async (status) => {
      const { asked, fetch } = server({ '/m/a.json': { status } });
      const files = urlFiles('/m', { fetch });
      await expect(files.read('a.json')).rejects.toThrow(
        `/m/a.json: the server answered with status ${status}`,
      );
      await expect(files.read('a.json')).rejects.toThrow('status');
      expect(asked).toHaveLength(2);
    },
  );

  it('names the address where no answer comes', async () => {
    const files = urlFiles('https://x', { fetch: () => Promise.reject(new TypeError('fetch failed')) });
    await expect(files.read('a b/c.json')).rejects.toThrow(
      'https://x/a%20b/c.json: no answer (fetch failed)',
    );
  });

  it('refuses options that are not known, and what is no address', () => {
    const { fetch } = server({});
    expect(() => urlFiles('/m', Object.assign({ fetch }, { fetcher: fetch }))).toThrow(
      'options: "fetcher" is not known',
    );
    expect(() => urlFiles(...([7, { fetch }] as unknown as [string]))).toThrow(
      'urlFiles: the address must be text, not 7',
    );
    expect(() => urlFiles('/m', JSON.parse('{"fetch":"x"}'))).toThrow('options.fetch: must be');
  });

  it("uses the host's fetch, and says where there is none", async () => {
    const { asked, fetch } = server({});
    vi.stubGlobal('fetch', fetch);
    await urlFiles('').read('a.json');
    expect(asked).toEqual(['a.json']);
    vi.stubGlobal('fetch', undefined);
    expect(() => urlFiles('/m')).toThrow(/^urlFiles: this host has no fetch/);
    vi.unstubAllGlobals();
  });
});
