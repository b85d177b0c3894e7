// Commands run inside the tests' own process, and stand-ins for what they need.

import { readdirSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import type { RgbImage } from '@spatiallock/core';
import { type LayoutInput, parseLayout, type StreamOptions } from '@spatiallock/core';
import { type Evaluator, type Generator, nodeServices, run, type Services } from '../src/index.js';
import type { ModelRequest } from '../src/request.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly services?: Services;
  readonly signal?: AbortSignal;
  readonly stdin?: string;
  readonly progress?: 'bar' | 'lines';
  /** Called for what is printed on stderr. */
  readonly onLine?: (line: string) => void;
}

/** Runs a command as the process would, and collects what it prints. */
export async function runHere(words: readonly string[], options: RunOptions): Promise<Outcome> {
  const {
    cwd,
    services = nodeServices,
    signal = new AbortController().signal,
    stdin,
    progress,
    onLine,
  } = options;
  const [stdout, stderr] = [collector(), collector(onLine)];
  const input = stdin === undefined ? undefined : Readable.from([Buffer.from(stdin)]);
  const io = { cwd, stdin: input, stdout: stdout.stream, stderr: stderr.stream, signal, progress };
  const watched = watchedServices(services);
  const code = await run(words, io, watched.services);
  if (watched.open() > 0)
    throw new Error(`${words.join(' ')}: left ${watched.open()} models or detectors open`);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** The same services, and how many of the models and detectors that they opened are open. */
function watchedServices(services: Services): { readonly services: Services; open(): number } {
  const held = new Set<object>();
  return {
    open: () => held.size,
    services: {
      async open(...given) {
        const model = await services.open(...given);
        const close = async (): Promise<void> => {
          held.delete(close);
          await model.close();
        };
        held.add(close);
        return { ...model, close };
      },
      async openDetector(...given) {
        const detector = await services.openDetector(...given);
        const dispose = detector.dispose?.bind(detector);
        const watched = async (): Promise<void> => {
          held.delete(watched);
          await dispose?.();
        };
        held.add(watched);
        // Detectors may be classes, whose methods need the object itself.
        return Object.assign(detector, { dispose: watched });
      },
    },
  };
}

function collector(onPiece?: (piece: string) => void): { stream: Writable; text(): string } {
  const pieces: string[] = [];
  const stream = new Writable({
    write(piece, _encoding, done) {
      pieces.push(String(piece));
      onPiece?.(String(piece));
      done();
    },
  });
  return { stream, text: () => pieces.join('') };
}

export const filesIn = (folder: string): string[] => readdirSync(folder).sort();

/** A picture of one colour; square without a height. */
export function plainImage(width = 16, value = 128, height = width): RgbImage {
  return { width, height, channels: 3, data: new Uint8ClampedArray(3 * width * height).fill(value) };
}

export interface FakeServices {
  readonly services: Services;
  readonly seeds: number[];
  readonly batches: number[];
  readonly slots: number[];
  /** The models that were asked for. */
  readonly requests: ModelRequest[];
  /** What `stream` was given: the layouts, and the options but for the signal. */
  readonly streams: (readonly [layouts: readonly LayoutInput[], options: StreamOptions])[];
}

/** Services that paint plain pictures, of 16 x 16 pixels where a layout says no size, in two steps; each call of `stream` and of `open` is noted. */
export function fakeServices(evaluator?: Evaluator): FakeServices {
  const [seeds, batches, slots]: [number[], number[], number[]] = [[], [], []];
  const requests: ModelRequest[] = [];
  const streams: [readonly LayoutInput[], StreamOptions][] = [];
  const pipe: Generator = {
    name: 'fake',
    device: 'cpu',
    defaults: { steps: 2, guidanceScale: 7.5, scheduler: 'ddim' },
    check: (layouts) => [layouts].flat().map((layout) => parseLayout(layout)),
    async *stream(layouts, { signal, ...options } = {}) {
      const rows = [layouts].flat();
      const { seed = 0, objectSlots: room = 0 } = options;
      streams.push([rows, options]);
      seeds.push(seed);
      batches.push(rows.length);
      slots.push(room);
      for (const stepIndex of [0, 1]) {
        signal?.throwIfAborted();
        const images =
          stepIndex === 1
            ? {
                images: rows.map(({ width = 16, height = 16 }, row) => plainImage(width, seed + row, height)),
              }
            : {};
        const latents = { data: new Float32Array(0), shape: [0], dtype: 'float32' as const };
        const preview = async () => plainImage();
        yield { stepIndex, calls: 2, timestep: 1 - stepIndex, milliseconds: 1, latents, preview, ...images };
      }
    },
    dispose: async () => undefined,
  };
  const open: Services['open'] = async (request) => {
    requests.push(request);
    return { pipe, evaluator, close: async () => undefined };
  };
  const openDetector: Services['openDetector'] = async () =>
    evaluator ?? Promise.reject(new Error('no detector'));
  return { seeds, batches, slots, requests, streams, services: { open, openDetector } };
}
