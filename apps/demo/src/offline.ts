// The service worker: the page works without a network, and gets threads where the host sends no headers for them.

import { keep, kept } from './state/storage.js';

const TRIED = 'spatiallock.isolation';
/** How long the model may wait for it. */
const PATIENCE = 5000;

/** Resolves when the model may be fetched; does not where the page is about to be loaded anew. Never rejects. */
export async function startOffline(): Promise<void> {
  const registration = await registered();
  if (!registration || crossOriginIsolated || kept(TRIED, 'session')) return;
  // Once, and only where it can be noted: some hosts and browsers do not isolate a page in any way.
  if (!keep(TRIED, 'yes', 'session')) return;
  location.reload();
  await new Promise(() => undefined);
}

/** Undefined where there can be none, where it takes too long, and where nobody has to wait for it. */
async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  try {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return undefined;
    const ready = navigator.serviceWorker.register(new URL('sw.js', document.baseURI)).then(
      () => navigator.serviceWorker.ready,
      () => undefined,
    );
    return crossOriginIsolated ? undefined : await Promise.race([ready, wait(PATIENCE)]);
  } catch {
    // Where storage is blocked the container itself may be out of reach.
    return undefined;
  }
}

const wait = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));
