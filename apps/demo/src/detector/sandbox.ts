// Runs a person's detector on a picture, where it can neither read the page nor reach a network.

import { frameDocument } from 'virtual:sandbox';
import type { Picture } from '../worker/protocol.js';
import { faultText, readResult, type Sighted } from './check.js';

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
    let asked = false;
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener('message', onMessage);
      frame.remove();
    };
    const fail = (cause: unknown): void => {
      end();
      reject(new Error(faultText(cause)));
    };
    const late = `no answer within ${PATIENCE / 1000} seconds; the plugin was stopped`;
    const timer = setTimeout(fail, PATIENCE, late);
    const onMessage = ({ source: from, data }: MessageEvent): void => {
      if (from !== frame.contentWindow) return;
      try {
        if (data?.ready === true) {
          if (!asked) frame.contentWindow?.postMessage({ source, picture }, '*');
          asked = true;
        } else if (data?.error !== undefined) fail(data.error);
        else {
          const found = readResult(data);
          end();
          resolve(found);
        }
      } catch (cause) {
        fail(cause);
      }
    };
    addEventListener('message', onMessage);
    document.body.append(frame);
  });
}
