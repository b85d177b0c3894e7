// A turn of the event loop, in any JavaScript host.

interface Port {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: (() => void) | null;
}

/** What hosts have, whose types ES2023 leaves out. */
interface Host {
  readonly setImmediate?: (task: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
  readonly setTimeout?: (task: () => void, milliseconds: number) => unknown;
}

/**
 * Resolves after the event loop has taken a turn, so that pending messages, timers and Ctrl-C are handled before work
 * goes on. `setTimeout` comes last: browsers make nested ones wait 4 ms.
 */
export function eventLoopTurn(): Promise<void> {
  const { setImmediate, MessageChannel, setTimeout } = globalThis as unknown as Host;
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else if (MessageChannel) throughChannel(new MessageChannel(), resolve);
    else if (setTimeout) setTimeout(resolve, 0);
    else resolve();
  });
}

function throughChannel(
  { port1, port2 }: { readonly port1: Port; readonly port2: Port },
  resolve: () => void,
) {
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(undefined);
}
