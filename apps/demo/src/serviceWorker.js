// Keeps the built page for work without a network, checks what it kept, and adds the headers that give WebAssembly
// threads where the host cannot send them. The build puts VERSION, FILES, HASHES and POLICY before this. Models are
// kept by the page itself.
/* global VERSION, FILES, HASHES, POLICY */

const SHELL = `spatiallock-shell-${VERSION}`;
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

self.addEventListener('install', (event) => {
  const keepAll = async () => {
    const shell = await caches.open(SHELL);
    await Promise.all(FILES.map((name) => keepFresh(shell, name)));
    await self.skipWaiting();
  };
  event.waitUntil(keepAll());
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

/** Where a request's file is kept, under its address alone: without hash and search. */
const nameOf = (url) => {
  const address = new URL(url);
  const scope = new URL(self.registration.scope);
  const name = address.pathname.startsWith(scope.pathname)
    ? address.pathname.slice(scope.pathname.length)
    : '';
  return name === '' || name === 'index.html' ? './' : name;
};

async function answer(request) {
  const name = nameOf(request.url);
  // The page and its list may change: ask the network first. All else has its content in its name.
  const changes = request.mode === 'navigate' || name === 'assets.json';
  // Files with a hash in their address are the page's to keep.
  if (!changes && !Object.hasOwn(HASHES, name)) return withHeaders(await fetch(request));
  if (!changes) return withHeaders((await readKept(name)) ?? (await fetchAndKeep(request, name)));
  try {
    const fresh = await fetch(request);
    if (fresh.ok) return withHeaders(fresh);
    return withHeaders((await readKept(name)) ?? fresh);
  } catch (cause) {
    const kept = await readKept(name);
    if (kept) return withHeaders(kept);
    throw cause;
  }
}

/** What was kept, if it still is what the build made; else it is dropped. Storage that fails holds nothing. */
async function readKept(name) {
  try {
    const shell = await caches.open(SHELL);
    const kept = await shell.match(name);
    if (!kept || (await isIntact(kept, name))) return kept;
    await shell.delete(name);
  } catch {
    // As if nothing was kept.
  }
  return undefined;
}

/** Files of other devices are kept once they were used. */
async function fetchAndKeep(request, name) {
  const response = await fetch(request);
  if (response.ok && (await isIntact(response, name))) await keep(name, response.clone());
  return response;
}

async function keep(name, response) {
  try {
    const shell = await caches.open(SHELL);
    await shell.put(name, response);
  } catch {
    // A full disk must not stop the page.
  }
}

/** Fetches a file past the browser's own cache if that holds another one. */
async function keepFresh(shell, name) {
  for (const cache of ['default', 'reload']) {
    const response = await fetch(name, { cache });
    if (response.ok && (await isIntact(response, name))) return shell.put(name, response);
  }
  throw new Error(`${name} is not what the build made`);
}

/** By the hash that the build wrote down; browsers that hash nothing here are believed. */
async function isIntact(response, name) {
  if (!crypto.subtle) return true;
  const digest = await crypto.subtle.digest('SHA-256', await response.clone().arrayBuffer());
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.startsWith(HASHES[name]);
}

function withHeaders(response) {
  if (response.type === 'opaque' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  // The page has a policy of its own; a worker has that of its script's answer.
  if (/javascript/.test(headers.get('Content-Type') ?? '')) headers.set('Content-Security-Policy', POLICY);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
