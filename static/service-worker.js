/**
 * Keeps the page for when the server is away. The server's copy goes first, so a new version is
 * seen at once; readings are never kept.
 */

const CACHE = 'page-1';
const FILES = [
  '/',
  '/static/icon.svg',
  '/static/manifest.webmanifest',
  '/static/icons/sprite.svg',
  ...['base', 'page', 'plate'].map((name) => `/static/css/${name}.css`),
  ...[
    'actions', 'answer-view', 'attention', 'attention-view', 'client', 'colours', 'controls', 'elements',
    'history', 'ink-view', 'keys', 'main', 'painting', 'png', 'pointer', 'raster', 'samples', 'seen-view',
    'sharing', 'state', 'strokes', 'take-away', 'theme', 'upload', 'words',
  ].map((name) => `/static/js/${name}.js`),
];

addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  const forgetOld = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(forgetOld());
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || !FILES.includes(pathname)) return;
  event.respondWith(fromServerOrCache(request, pathname));
});

async function fromServerOrCache(request, pathname) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    // A proxy whose server is away answers too; the copy is better.
    if (response.status >= 500) throw new Error(`status ${response.status}`);
    if (response.ok) await cache.put(pathname, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (!kept) throw error;
    return kept;
  }
}
