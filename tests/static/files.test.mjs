import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { gzipSync, inflateSync } from 'node:zlib';

import { encodePng } from '../../static/js/png.js';

const folder = new URL('../../static/', import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), 'utf8');
const modules = readdirSync(new URL('js/', folder)).filter((name) => name.endsWith('.js'));

test('a PNG file holds the pixels that it was made of', async () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
  const file = Buffer.from(await encodePng(pixels, 4));
  assert.equal(file.toString('latin1', 1, 4), 'PNG');
  assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20)], [4, 3]);
  const at = file.indexOf('IDAT');
  const lines = inflateSync(file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)));
  const back = [0, 1, 2].flatMap((row) => [...lines.subarray(row * 5 + 1, row * 5 + 5)]);
  assert.deepEqual(back, [...pixels]);
});

test('the service worker keeps every file that the page loads', () => {
  const worker = read('service-worker.js');
  const lists = worker.slice(0, worker.indexOf('addEventListener'));
  for (const name of modules) assert.ok(lists.includes(`'${name.slice(0, -3)}'`), name);
  for (const name of readdirSync(new URL('css/', folder))) assert.ok(lists.includes(`'${name.slice(0, -4)}'`), name);
  for (const [, path] of read('index.html').matchAll(/"(\/static\/[^"#]+)/g)) {
    assert.ok(lists.includes(`'${path}'`) || /\/(js|css)\//.test(path), path);
  }
});

test('every id that the page is put together with is in it', () => {
  const page = read('index.html');
  for (const [, id] of read('js/main.js').matchAll(/byId\('([^']+)'\)/g)) assert.ok(page.includes(`id="${id}"`), id);
});

test('every icon is in the sprite', () => {
  const sprite = read('icons/sprite.svg');
  for (const [, name] of read('index.html').matchAll(/sprite\.svg#([\w-]+)/g)) assert.ok(sprite.includes(`id="${name}"`), name);
});

test('all scripts of the page are at most 60 kB gzipped', () => {
  const bytes = modules.reduce((sum, name) => sum + gzipSync(read(`js/${name}`)).length, 0);
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
});

test('nothing comes from another origin', () => {
  for (const name of ['index.html', ...modules.map((one) => `js/${one}`), 'css/base.css', 'css/page.css', 'css/plate.css']) {
    assert.doesNotMatch(read(name).replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\//, name);
  }
});
