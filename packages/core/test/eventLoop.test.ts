import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventLoopTurn } from '../src/entries/checks.js';

afterEach(() => vi.unstubAllGlobals());

const hosts: Record<string, readonly string[]> = {
  Node: [],
  'a browser': ['setImmediate'],
  'a host with timers alone': ['setImmediate', 'MessageChannel'],
};

describe('eventLoopTurn', () => {
  it.each(Object.keys(hosts))('delivers waiting messages first in %s', async (host) => {
    const received: string[] = [];
    const { port1, port2 } = new MessageChannel();
    const reported = new Promise<void>((resolve) => {
      port1.on('message', (message: string) => {
        received.push(message);
        resolve();
      });
    });
    port2.postMessage('abort');
    for (const name of hosts[host]!) vi.stubGlobal(name, undefined);
    // A host may need a turn or two until a message of another port is there; without turns it never is.
    for (let turn = 0; turn < 50 && received.length === 0; turn++) await eventLoopTurn();
    expect(received).toEqual(['abort']);
    vi.unstubAllGlobals();
    await reported;
    port1.close();
  });

  it('goes on where a host has no event loop to speak of', async () => {
    for (const name of ['setImmediate', 'MessageChannel', 'setTimeout']) vi.stubGlobal(name, undefined);
    await expect(eventLoopTurn()).resolves.toBeUndefined();
  });
});
