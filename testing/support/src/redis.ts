// A Redis of one's own, which keeps nothing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Redis {
  readonly url: string;
  stop(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('port: the server has none');
  return address.port;
}

/** Starts `redis-server` on this machine alone, with these flags, on a port that is free or given. Rejects, and says how to install it, where there is none. */
export async function startRedis(flags: readonly string[] = [], given?: number): Promise<Redis> {
  const port = given ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'spatiallock-redis-'));
  const redis = spawn('redis-server', [
    ...['--port', `${port}`, '--bind', '127.0.0.1'],
    ...['--save', '', '--dir', folder],
    ...flags,
  ]);
  let reported = '';
  await new Promise<void>((resolve, reject) => {
    redis.once('error', (cause) =>
      reject(new Error('redis-server: install it (Debian: apt-get install redis-server)', { cause })),
    );
    redis.stdout.on('data', (text) => {
      reported += String(text);
      if (/ready to accept connections/i.test(reported)) resolve();
    });
    redis.once('exit', () => reject(new Error(`redis-server ended: ${reported}`)));
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      if (redis.exitCode === null) {
        redis.kill();
        await once(redis, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
