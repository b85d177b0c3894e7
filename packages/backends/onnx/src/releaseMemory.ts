// Giving memory back at once.

import type { Tensor } from '@spatiallock/core';

/**
 * Frees a tensor's memory, which must hold nothing else; its data then have no numbers. A large array that has lived for a while
 * waits for a full garbage collection otherwise, and the runtime's own memory brings none about.
 */
export function releaseMemory({ data: { buffer } }: Tensor): void {
  if (!(buffer instanceof ArrayBuffer)) return;
  const { port1, port2 } = new MessageChannel();
  port1.close();
  // What is transferred to a closed port arrives nowhere, and is freed.
  port1.postMessage(undefined, [buffer]);
  port2.close();
}
