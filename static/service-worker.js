/**
 * Caches the page for when the server is away. Network first, so that a new version is seen at once;
 * readings are never cached.
 */

const CACHE = 'page-3';
const FILES = [
  '/',
  '/static/icon.svg',
  '/static/manifest.webmanifest',
  '/static/icons/sprite.svg',
  ...['base', 'page', 'plate', 'sheet'].map((name) => `/static/css/${name}.css`),
  ...[
    'actions', 'answer-view', 'attention', 'attention-view', 'client', 'colours', 'controls', 'elements',
    'export-actions', 'grid', 'grid-choice', 'history', 'ink-view', 'keys', 'main', 'messages', 'normal-form-view', 'painting',
    'png', 'pointer', 'raster', 'samples', 'sharing', 'sheet', 'sheet-overlay', 'sheet-view', 'state',
    'strokes', 'theme', 'upload',
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
    // From a proxy whose server is away: the cached copy is better.
    if (response.status >= 500) throw new Error(`status ${response.status}`);
    if (response.ok) await cache.put(pathname, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (!kept) throw error;
    return kept;
  }
}
