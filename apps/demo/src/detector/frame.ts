// The document of the sandbox: a frame of no origin, without a network, that runs a plugin in a worker of its own.
// Written as text, for it runs apart from the page's scripts.

/** Nothing may be loaded but the scripts that the frame itself makes. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:";

const worker = `
self.onmessage = async ({ data: { source, picture } }) => {
  try {
    const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const { default: detector } = await import(address);
    if (!detector || typeof detector.detect !== 'function' || !Array.isArray(detector.labels)) {
      throw new Error('the plugin must export default { labels: [...], async detect(image) { ... } }');
    }
    const start = performance.now();
    const detections = await detector.detect(picture);
    const milliseconds = performance.now() - start;
    self.postMessage(JSON.parse(JSON.stringify({ labels: detector.labels, detections, milliseconds })));
  } catch (cause) {
    self.postMessage({ error: String((cause && cause.message) || cause) });
  }
};`;

const script = `
addEventListener('message', ({ data }) => {
  const code = new Blob([${JSON.stringify(worker)}], { type: 'text/javascript' });
  const worker = new Worker(URL.createObjectURL(code));
  worker.onmessage = ({ data }) => parent.postMessage(data, '*');
  worker.onerror = ({ message }) => parent.postMessage({ error: message || 'the plugin could not be started' }, '*');
  worker.postMessage(data);
});
parent.postMessage({ ready: true }, '*');`;

export const frameDocument =
  `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
  `<script>${script}</script>`;
