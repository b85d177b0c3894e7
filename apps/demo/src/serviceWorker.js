// Keeps the built page for work without a network, and adds the headers that give WebAssembly threads where the
// host cannot send them. The build puts VERSION and FILES before this. Models are kept by the page itself.
/* global VERSION, FILES */

const SHELL = `spatiallock-shell-${VERSION}`;
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

self.addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(SHELL);
    await cache.addAll(FILES);
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith('spatiallock-shell-') && name !== SHELL);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  const shell = await caches.open(SHELL);
  // The page and its lists may change: ask the network first. All else has its content in its name.
  const changes = request.mode === 'navigate' || request.url.endsWith('/assets.json');
  // Hosts that answer `Vary: Origin` would hide from module scripts what was kept without that header.
  const kept = await shell.match(request, { ignoreSearch: true, ignoreVary: true });
  if (!changes) return isolated(kept ?? (await fetchAndKeep(request, shell)));
  try {
    const fresh = await fetch(request);
    if (fresh.ok) return isolated(fresh);
    return isolated(kept ?? fresh);
  } catch (cause) {
    if (kept) return isolated(kept);
    throw cause;
  }
}

/** Files of other devices are kept once they were used; those with a hash in their address the page keeps. */
async function fetchAndKeep(request, shell) {
  const response = await fetch(request);
  if (response.ok && new URL(request.url).search === '') await shell.put(request, response.clone());
  return response;
}

function isolated(response) {
  if (response.type === 'opaque' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
