// What checks the examples of documentation.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { commandFaults, type Known } from '../pages/commandFaults.js';
import { fencesOf, inlineCodeOf } from '../pages/fences.js';
import { shellCommands } from '../pages/shellCommands.js';

const page = [
  'Run `npm run',
  'docs` here:',
  '',
  '```sh',
  'echo `a`',
  '```',
  '',
  '````text',
  '```',
  '````',
  '',
].join('\n');

describe('a page', () => {
  it('has fenced blocks, with their lines', () => {
    expect(fencesOf(page)).toEqual([
      { info: 'sh', code: 'echo `a`\n', line: 5 },
      { info: 'text', code: '```\n', line: 9 },
    ]);
  });

  it('has code in its prose, put on one line', () => {
    expect(inlineCodeOf(page)).toEqual([{ text: 'npm run docs', line: 1 }]);
  });
});

describe('a shell example', () => {
  const words = (code: string) => shellCommands(code).map((each) => each.words);

  it.each([
    [
      'spatiallock generate --prompt "a dog | a cat" -o a.png',
      [['spatiallock', 'generate', '--prompt', 'a dog | a cat', '-o', 'a.png']],
    ],
    ['a --b \\\n  --c', [['a', '--b', '--c']]],
    [
      'cat l.json | a --layout - > out.jsonl',
      [
        ['cat', 'l.json'],
        ['a', '--layout', '-'],
      ],
    ],
    [
      'A=1 B=2 npm ci && npm start # begin',
      [
        ['npm', 'ci'],
        ['npm', 'start'],
      ],
    ],
    ['A=1', []],
    ['a *.png', [['a', '*.png']]],
  ])('%s', (code, expected) => {
    expect(words(code)).toEqual(expected);
  });

  it('tells the line at which a command begins', () => {
    expect(shellCommands('a\nb \\\n c\nd').map(({ line }) => line)).toEqual([1, 2, 4]);
  });
});

describe('a command', () => {
  const known: Known = {
    commands: { paint: { steps: { type: 'string' }, quiet: { type: 'boolean' } } },
    scripts: { '': ['docs', 'test'], inner: ['site'] },
    packages: ['@spatiallock/core'],
    exists: (path) => path === 'packages/core/test/a.test.ts',
  };
  const faults = (line: string) => shellCommands(line).flatMap((each) => commandFaults(each.words, known));

  it.each([
    'spatiallock paint --steps 25 --quiet',
    'spatiallock paint --help',
    'spatiallock COMMAND --help',
    'node packages/cli/dist/main.js paint --steps 4',
    'npx --package @spatiallock/cli spatiallock paint',
    'npm run docs -- --any',
    'npm test',
    'npm run site -w inner',
    'npm install @spatiallock/core sharp',
    'npx vitest run packages/core/test/a.test.ts',
    'node picture.mjs',
    'git push --force',
  ])('%s is known', (line) => {
    expect(faults(line)).toEqual([]);
  });

  it.each([
    ['spatiallock draw', 'spatiallock draw: there is no such command'],
    [
      'spatiallock paint --step 25',
      'spatiallock paint: --step: is not known (did you mean --steps?); see spatiallock paint --help',
    ],
    ['node packages/cli/dist/main.js paint --steps', 'spatiallock paint: --steps: needs a value after it'],
    ['npm run site', 'npm run site: there is no such script'],
    ['npm run docs -w inner', 'npm run docs -w inner: there is no such script'],
    ['npm start', 'npm run start: there is no such script'],
    ['npm install @spatiallock/none', 'npm install @spatiallock/none: there is no such package'],
    ['npx vitest run packages/none', 'packages/none: the repository does not have it'],
    ['node --import tsx scripts/none.ts', 'scripts/none.ts: the repository does not have it'],
  ])('%s is not', (line, fault) => {
    expect(faults(line)).toEqual([fault]);
  });
});

describe('docs/start/worker.md', () => {
  interface Painter {
    paint(layout: object, seed: number, onImage: (image: unknown) => void): Promise<void>;
  }
  type Listener = (event: { readonly data: unknown }) => unknown;
  interface Port {
    onmessage?: Listener;
    onerror?: (event: { readonly message: string }) => void;
    postMessage(data: unknown): void;
  }

  const layout = { prompt: 'a dog', objects: [] };
  let folder: string | undefined;

  afterEach(async () => {
    vi.unstubAllGlobals();
    vi.resetModules();
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  /** Runs both files of the page, the worker's until it waits for the model; `model` opens or fails afterwards. */
  async function started(model: Promise<unknown>): Promise<{ painter: Painter; worker: Port }> {
    const fences = fencesOf(await readFile('docs/start/worker.md', 'utf8'));
    const [inWorker, inPage] = fences.filter(({ info }) => info === 'ts').map(({ code }) => code);
    await mkdir('artifacts', { recursive: true });
    folder = await mkdtemp(join(process.cwd(), 'artifacts', 'worker-page-'));
    const files = { 'paint.worker.ts': inWorker!, 'page.ts': inPage! };
    for (const [name, code] of Object.entries(files)) await writeFile(join(folder, name), code);

    const scope: Port = { postMessage: (data) => void setTimeout(() => page.onmessage?.({ data })) };
    // As in a browser: a message that nobody listens to is lost.
    const page: Port = { postMessage: (data) => void setTimeout(() => scope.onmessage?.({ data })) };
    vi.stubGlobal('self', scope);
    // The page's end of the port stands for the worker that the page makes.
    function FakeWorker(): Port {
      return page;
    }
    vi.stubGlobal('Worker', FakeWorker);
    const asked = new Promise<void>((resolve) => {
      vi.doMock('@spatiallock/core', () => ({
        auto: async () => ({ backend: resolve() }),
        fromPretrained: () => model,
      }));
    });
    vi.doMock('@spatiallock/backend-onnx/web', () => ({ wasm: {}, webgpu: {} }));
    vi.doMock('@spatiallock/model-emoji/web', () => ({ modelFiles: {} }));
    vi.doMock('@spatiallock/poi', () => ({ poi: () => ({}) }));
    const running: Promise<unknown> = import(join(folder, 'paint.worker.ts'));
    running.catch(() => undefined);
    await asked;
    const { startPainter } = (await import(join(folder, 'page.ts'))) as { startPainter(): Painter };
    return { painter: startPainter(), worker: page };
  }

  const passed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  it('answers requests that are posted before the model is open, each by its id', async () => {
    let open: (pipe: unknown) => void = () => undefined;
    const { painter } = await started(new Promise((resolve) => (open = resolve)));
    const drawn: unknown[] = [];
    const painting = [3, 4].map((seed) => painter.paint(layout, seed, (image) => drawn.push([seed, image])));
    await passed();
    expect(drawn).toEqual([]);
    open({
      async *stream(_: object, { seed }: { readonly seed: number }) {
        yield { stepIndex: 0, calls: 1 };
        yield { stepIndex: 1, calls: 2, images: [`picture ${seed}`] };
        if (seed === 4) throw new Error('out of memory');
      },
    });
    const [first, second] = await Promise.allSettled(painting);
    expect(first!.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { message: 'out of memory' } });
    expect(drawn.toSorted()).toEqual([
      [3, 'picture 3'],
      [4, 'picture 4'],
    ]);
  });

  it('tells each request that the model or the worker could not be started', async () => {
    let fail: (error: Error) => void = () => undefined;
    const { painter, worker } = await started(new Promise((_, reject) => (fail = reject)));
    const paint = (): Promise<void> => painter.paint(layout, 3, () => undefined);
    const early = expect(paint()).rejects.toThrow('no such model');
    fail(new Error('no such model'));
    await early;
    await expect(paint()).rejects.toThrow('no such model');
    const waiting = expect(paint()).rejects.toThrow('the worker could not be started');
    worker.onerror?.({ message: '' });
    await waiting;
    await expect(paint()).rejects.toThrow('the worker could not be started');
    await passed();
  });
});
