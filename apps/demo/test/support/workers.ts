// Workers whose answers a test gives: what the page makes of them is seen without a model.

import { vi } from 'vitest';
import type { DeviceId, ModelFacts, Reply, Request } from '../../src/worker/protocol.js';

/** The page's side of a worker, and what it was sent. */
export interface HeldWorker {
  readonly sent: Request[];
  isTerminated: boolean;
  /** As if the worker had answered. */
  answer(reply: unknown): void;
  /** As if the worker had died. */
  die(message: string): void;
}

/** Workers that were begun from now on, the latest last. */
export function holdWorkers(): readonly HeldWorker[] {
  const begun: HeldWorker[] = [];
  class TestWorker implements HeldWorker {
    readonly sent: Request[] = [];
    isTerminated = false;
    onmessage: ((event: { data: unknown }) => void) | undefined;
    onerror: ((event: { message: string; preventDefault(): void }) => void) | undefined;
    constructor() {
      begun.push(this);
    }
    postMessage(request: Request): void {
      this.sent.push(request);
    }
    terminate(): void {
      this.isTerminated = true;
    }
    answer(reply: unknown): void {
      this.onmessage?.({ data: reply });
    }
    die(message: string): void {
      this.onerror?.({ message, preventDefault: () => undefined });
    }
  }
  vi.stubGlobal('Worker', TestWorker);
  vi.stubGlobal('document', { baseURI: 'https://site.test/', documentElement: { dataset: {} } });
  vi.stubGlobal('location', { search: '', hash: '' });
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
  for (const name of ['addEventListener', 'removeEventListener']) vi.stubGlobal(name, () => undefined);
  return begun;
}

/** What a worker says of the site's model. */
export const readyOn = (device: DeviceId): Reply => ({
  type: 'ready',
  facts: {
    name: 'emoji',
    device,
    probe: { passed: true, milliseconds: 1 },
    imageSize: { width: 128, height: 128 },
    defaults: { steps: 25, guidanceScale: 5, scheduler: 'ddim', details: 0 },
    schedulers: ['ddim'],
    labels: ['dog'],
    categories: [],
  } satisfies ModelFacts,
});

/** Ids of the pictures that a worker was asked for. */
export const asked = ({ sent }: HeldWorker): readonly string[] =>
  sent.flatMap((request) => (request.type === 'generate' ? [request.id] : []));

/** A finished picture. */
export const doneOf = (id: string): Reply => ({
  type: 'done',
  id,
  picture: { width: 1, height: 1, channels: 3, data: new Uint8ClampedArray(3) },
  judged: [],
  detections: [],
  ignoredNegative: false,
});
