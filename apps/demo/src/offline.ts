// The service worker: the page works without a network, and gets threads where the host sends no headers for them.

const TRIED = 'spatiallock.isolation';
/** How long the model may wait for it. */
const PATIENCE = 5000;

/** Resolves when the model may be fetched; does not where the page is about to be loaded anew. */
export async function startOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const registered = navigator.serviceWorker.register(new URL('sw.js', document.baseURI)).then(
    () => navigator.serviceWorker.ready,
    () => undefined,
  );
  if (crossOriginIsolated || sessionStorage.getItem(TRIED)) return;
  const registration = await Promise.race([registered, wait(PATIENCE)]);
  if (!registration) return;
  // Once: some hosts and browsers do not isolate a page in any way.
  sessionStorage.setItem(TRIED, 'yes');
  location.reload();
  await new Promise(() => undefined);
}

const wait = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));
