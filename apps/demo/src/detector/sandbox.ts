// Runs a person's detector on a picture, where it can neither read the page nor reach a network.

import { parseBox, showValue } from '@spatiallock/core';
import type { Detection } from '@spatiallock/detectors';
import type { Picture } from '../worker/protocol.js';
import { frameDocument } from './frame.js';

export interface Sighted {
  readonly detections: readonly Detection[];
  readonly milliseconds: number;
}

/** A plugin that takes longer is stopped. */
const PATIENCE = 15_000;

/** `source`: a JavaScript module whose default export is a detector. Rejects with what went wrong in it. */
export function runDetector(source: string, picture: Picture): Promise<Sighted> {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.hidden = true;
  frame.title = 'Sandbox of the detector';
  frame.srcdoc = frameDocument;
  return new Promise<Sighted>((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      removeEventListener('message', onMessage);
      frame.remove();
      settle();
    };
    const late = () =>
      reject(new Error(`no answer within ${PATIENCE / 1000} seconds; the plugin was stopped`));
    const timer = setTimeout(() => end(late), PATIENCE);
    const onMessage = ({ source: from, data }: MessageEvent): void => {
      if (from !== frame.contentWindow) return;
      if (data?.ready) frame.contentWindow?.postMessage({ source, picture }, '*');
      else if (typeof data?.error === 'string') end(() => reject(new Error(data.error)));
      else end(() => resolve(checked(data)));
    };
    addEventListener('message', onMessage);
    document.body.append(frame);
  }).then((found) => found);
}

/** What a plugin says is not believed; throws an error that names the field at fault. */
export function checked(given: unknown): Sighted {
  const { labels, detections, milliseconds } = (given ?? {}) as Record<string, unknown>;
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) {
    throw new Error('labels: must be a list of words');
  }
  if (!Array.isArray(detections)) throw new Error('detect: must return a list of { label, score, box }');
  const read = detections.map((detection, i): Detection => {
    const { label, score, box } = (detection ?? {}) as Record<string, unknown>;
    const at = `detections[${i}]`;
    if (typeof label !== 'string' || !labels.includes(label)) {
      throw new Error(`${at}.label: ${showValue(label)} is not one of labels`);
    }
    if (typeof score !== 'number' || !Number.isFinite(score))
      throw new Error(`${at}.score: must be a number`);
    return { label, score, box: parseBox(box, `${at}.box`) };
  });
  return { detections: read, milliseconds: Number(milliseconds) || 0 };
}
