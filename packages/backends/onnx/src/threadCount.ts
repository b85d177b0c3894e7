import { showValue } from '@spatiallock/core/checks';

/** More than the largest machines have; the runtime would start any number of them. */
const MOST_THREADS = 1024;

/** Throws an error that begins with the device unless this is a number of threads, or none is given. */
export function checkThreads(threads: unknown, device: string): void {
  if (threads === undefined) return;
  if (Number.isInteger(threads) && Number(threads) >= 1 && Number(threads) <= MOST_THREADS) return;
  throw new Error(`${device}: threads (${showValue(threads)}) must be a whole number in 1..${MOST_THREADS}`);
}
