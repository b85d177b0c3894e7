// Requests to the hub: with a token for the hub alone, again where the network or the server fails for a while.

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@spatiallock/core';
import type { HubSettings } from './settings.js';

/** The platform's fetch, or one like it. */
export type Fetch = typeof fetch;

export interface RequestOptions extends Pick<HubSettings, 'endpoint' | 'token'> {
  readonly signal?: AbortSignal;
  /** Waits between two attempts; default: the clock. */
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Attempts at one request, or at one file. */
export const ATTEMPTS = 5;
const FIRST_WAIT = 1000;
/** The longest that a server may ask to wait. */
const LONGEST_WAIT = 120_000;
const AGAIN = [408, 429, 500, 502, 503, 504];

/** No answer came: the machine is offline, or the address is wrong. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** A fetch that waits and asks again where it gets no answer, or 429 and the like; `Retry-After` is followed. */
export function hubFetch({ endpoint, token, signal, wait = clock }: RequestOptions): Fetch {
  const { origin } = new URL(endpoint);
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init.headers);
    if (token !== undefined && new URL(url).origin === origin)
      headers.set('Authorization', `Bearer ${token}`);
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const answer = await fetch(url, { ...init, headers, signal }).catch((cause: unknown) => {
        signal?.throwIfAborted();
        return new NoAnswer(`${url}: no answer (${reasonOf(cause)})`, { cause });
      });
      if (!(answer instanceof Error) && !AGAIN.includes(answer.status)) return answer;
      if (attempt === ATTEMPTS) {
        if (answer instanceof Error) throw answer;
        return answer;
      }
      const asked = answer instanceof Error ? undefined : retryAfter(answer.headers.get('retry-after'));
      if (!(answer instanceof Error)) await answer.body?.cancel();
      await wait(Math.min(LONGEST_WAIT, asked ?? waitBefore(attempt)), signal);
    }
  };
}

/** Twice as long each time. */
export const waitBefore = (attempt: number): number => FIRST_WAIT * 2 ** (attempt - 1);

export const clock = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
  await sleep(milliseconds, undefined, { signal });
};

/** Seconds, or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const until = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(value) - Date.now();
  return Number.isFinite(until) ? Math.max(0, until) : undefined;
}

/** undici hides the reason in the cause. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  return messageOf(inner);
}
