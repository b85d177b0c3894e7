// The worker that a plugin runs in: hands it the picture, and answers once through a port that the plugin cannot reach.
// Bundled by build/sandbox.ts into the sandbox's document.

import { faultText, readResult } from './check.js';

interface Task {
  readonly source: string;
  readonly picture: unknown;
}

/** The plugin has one worker, and only its result counts. */
function seal(): void {
  const replacements = { postMessage: () => undefined, close: () => undefined };
  const removed = { Worker: undefined, SharedWorker: undefined, BroadcastChannel: undefined };
  for (const [name, value] of Object.entries({ ...replacements, ...removed })) {
    for (let holder: unknown = self; holder; holder = Object.getPrototypeOf(holder)) {
      if (Object.hasOwn(holder, name)) Object.defineProperty(holder, name, { value, writable: false });
    }
  }
}

self.onmessage = ({ data, ports }: MessageEvent<Task>) => {
  self.onmessage = null;
  const port = ports[0]!;
  const answer = port.postMessage.bind(port);
  seal();
  run(data).then(answer, (cause: unknown) => answer({ error: faultText(cause) }));
};

async function run({ source, picture }: Task): Promise<unknown> {
  const now = performance.now.bind(performance);
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const { default: detector } = await import(/* @vite-ignore */ address);
  const { labels, detect } = detector ?? {};
  if (typeof detect !== 'function' || !Array.isArray(labels)) {
    throw new Error('the plugin must export default { labels: [...], async detect(image) { ... } }');
  }
  const start = now();
  const detections: unknown = await detect.call(detector, picture);
  const milliseconds = now() - start;
  if (!Array.isArray(detections)) throw new Error('detect: must return a list of { label, score, box }');
  return readResult({ labels, detections, milliseconds });
}
