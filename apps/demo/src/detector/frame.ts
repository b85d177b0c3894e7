// The script of the sandbox's document: a frame of no origin, without a network, that runs one plugin in a worker.
// Bundled by build/sandbox.ts, which puts in the worker's script.

declare const WORKER_SCRIPT: string;

let started = false;
let answered = false;

function answer(data: unknown, worker?: Worker): void {
  if (answered) return;
  answered = true;
  worker?.terminate();
  parent.postMessage(data, '*');
}

addEventListener('message', ({ data, source }) => {
  if (source !== parent || started) return;
  started = true;
  try {
    const script = new Blob([WORKER_SCRIPT], { type: 'text/javascript' });
    const worker = new Worker(URL.createObjectURL(script));
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => answer(event.data, worker);
    port1.onmessageerror = () => answer({ error: 'its result could not be read' }, worker);
    worker.onerror = (event) => {
      event.preventDefault();
      answer({ error: event.message || 'its worker could not be started' }, worker);
    };
    worker.postMessage(data, [port2]);
  } catch (cause) {
    answer({ error: String(cause) });
  }
});
parent.postMessage({ ready: true }, '*');
