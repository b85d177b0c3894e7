// The Redis that --queue names: its address, a connection to it, and what its faults mean.

import { messageOf } from '@spatiallock/core';
import type { Redis } from 'ioredis';
import { InputError } from '../errors.js';

/** BullMQ and its client, which only work on several machines needs. */
export async function loadBullmq() {
  try {
    const [{ Queue, Worker }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { Queue, Worker, Redis };
  } catch (cause) {
    throw new InputError('--queue: needs the packages bullmq ^6 and ioredis ^6; npm install bullmq ioredis', {
      cause,
    });
  }
}

/** Checks the address of a Redis. Throws an InputError that shows it without its password. */
export function readQueue(given: string | undefined): string | undefined {
  if (given === undefined || isAddress(given)) return given;
  const shown = given.replace(/^.*@/s, '...@') || 'empty';
  const encoded = given.includes('@') ? '; special characters of a password are written as %23 for #' : '';
  throw new InputError(
    `--queue: must be an address such as redis://localhost:6379 or redis://:password@host:6379/0, not ${shown}${encoded}`,
  );
}

function isAddress(given: string): boolean {
  if (!/^rediss?:\/\/\S+$/.test(given)) return false;
  try {
    const { hostname, pathname, hash, username, password } = new URL(given);
    // As the client reads them.
    decodeURIComponent(username + password);
    return hostname !== '' && hash === '' && /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

/** A connection that answers, and what its faults mean. */
export interface OpenRedis {
  readonly connection: Redis;
  /** The error to report for one of a command; `more` is said where Redis does not answer. */
  faultOf(error: unknown, more: string): unknown;
}

/** How long the last commands of an aborted run may take. */
const LAST_WORDS_MS = 1000;

/**
 * Connects, and asks whether the password and the database are right. An abort closes the connection a second later.
 * Rejects with an InputError where they are not, with an Error where nothing answers: it says `more`.
 */
export async function openRedis(url: string, signal: AbortSignal, more: string): Promise<OpenRedis> {
  const { Redis } = await loadBullmq();
  const connection = new Redis(url, {
    connectTimeout: 10_000,
    // One that takes connections and is silent; a batch of large pictures takes seconds on a slow line.
    commandTimeout: 60_000,
    disconnectTimeout: 500,
    maxRetriesPerRequest: 2,
    retryStrategy: (times) => Math.min(500, 50 * times),
  });
  let last: unknown;
  // The calls that fail say so; without a listener it would end the process.
  connection.on('error', (error) => {
    last = error;
  });
  const faultOf = (error: unknown, after: string): unknown =>
    redisFault(url, /max retries/i.test(messageOf(error)) ? (last ?? error) : error, after);
  const close = (): void => {
    setTimeout(() => connection.disconnect(), LAST_WORDS_MS).unref();
  };
  connection.once('end', () => signal.removeEventListener('abort', close));
  signal.addEventListener('abort', close, { once: true });
  try {
    await connection.ping();
    const database = Number(connection.options.db ?? 0);
    // The client itself goes on with another where there is none of that number.
    if (database > 0) await connection.select(database);
    return { connection, faultOf };
  } catch (error) {
    connection.disconnect();
    throw faultOf(error, more);
  }
}

const SILENT =
  /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPIPE|Connection is closed|max retries|timed out/i;

/** Whether an error of the client is that Redis does not answer, or is not ready yet. */
export const isSilent = (error: unknown): boolean =>
  SILENT.test(messageOf(error)) || /^LOADING/.test(messageOf(error));

/** What an error of the client means: an InputError where the address has to be mended; unknown ones stay what they are. */
export function redisFault(url: string, error: unknown, more: string): unknown {
  const text = messageOf(error);
  const { host, protocol, pathname } = new URL(url);
  const [title, options] = [`--queue: Redis at ${host}`, { cause: error }];
  if (/NOAUTH/.test(text)) {
    return new InputError(`${title} asks for a password; write ${protocol}//:password@${host}`, options);
  }
  if (/WRONGPASS|invalid password/.test(text)) {
    return new InputError(
      `${title} refuses the user or the password; write ${protocol}//:password@${host}, or user:password before the @`,
      options,
    );
  }
  if (/DB index|SELECT is not allowed/i.test(text)) {
    return new InputError(
      `${title} has no database ${pathname.slice(1)} (${text}); leave the number out, or take one that it has, mostly 0..15`,
      options,
    );
  }
  if (SILENT.test(text)) return new Error(`${title} does not answer (${text}); ${more}`, options);
  if (error instanceof Error && error.name === 'ReplyError')
    return new Error(`${title}: ${text}; ${more}`, options);
  return error;
}
