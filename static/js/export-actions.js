/** Exports: a link, the answer as JSON, a curl command for it, the picture as a file. */

import { predictUrl } from './client.js';
import { isSheet } from './grid.js';
import { gridOf, isBlank } from './history.js';
import { encodePng } from './png.js';
import { pictureSide, pictureWidth, rasterise } from './raster.js';
import { LinkError, decodeDrawing, encodeStrokes } from './sharing.js';

/** Longer side of a downloaded drawing, in pixels; a sheet is downloaded as it is sent. */
const DOWNLOAD_SIDE = 560;
const DOWNLOAD_NAME = 'digit-grid.png';
/** Bytes of a drawing that a command holds at most: a shell takes words of 128 KiB. */
const MAX_COMMAND_BYTES = 90_000;

/**
 * @param {object} parts
 * @param {() => Promise<import('./client.js').RequestBody> | null} parts.picture the drawing, as it is sent
 * @param {HTMLDialogElement} parts.dialog shows text that cannot be copied for the user
 * @param {HTMLTextAreaElement} parts.text
 * @param {import('./state.js').Store} store
 * @param {ReturnType<typeof import('./actions.js').createActions>} actions
 */
export function createExportActions({ picture, dialog, text }, store, actions) {
  const copy = async (what, name, more = '') => {
    try {
      await navigator.clipboard.writeText(what);
      actions.announce(`${name} copied.${more}`);
    } catch {
      // Without permission or a secure connection, the user copies by hand.
      text.value = what;
      dialog.showModal();
      text.select();
    }
  };
  const drawing = () => store.state.history.present;

  const grid = () => gridOf(drawing());
  const downloadFirst = (name) => ` It sends ${name}: download that first.`;

  return {
    copy,
    async share() {
      if (drawing().picture) return actions.announce('Only drawings fit in a link; a picture does not.');
      if (isBlank(drawing())) return actions.announce('Nothing to share yet: draw a digit first.');
      history.replaceState(null, '', `#${encodeStrokes(drawing().strokes, grid())}`);
      return copy(location.href, 'Link');
    },
    async copyJson() {
      if (!store.state.answer) return actions.announce('Nothing to copy yet: draw a digit first.');
      return copy(formatAnswer(store.state.answer), 'JSON');
    },
    async copyCurl() {
      const sent = picture();
      if (!sent) return actions.announce('Nothing to copy yet: draw a digit first.');
      const { picture: file } = drawing();
      const url = new URL(predictUrl(grid(), Boolean(file)), location.href).href;
      if (file?.isSmaller) return copy(curlForFile(url, file), 'curl command', downloadFirst(file.name));
      if (file) return copy(curlForFile(url, file), 'curl command');
      const { body, type } = await sent;
      const isLong = body.length > MAX_COMMAND_BYTES;
      if (isLong) return copy(curlForFile(url, { name: DOWNLOAD_NAME, type }), 'curl command', downloadFirst(DOWNLOAD_NAME));
      return copy(curlForDrawing(url, body), 'curl command');
    },
    async download() {
      if (isBlank(drawing())) return actions.announce('Nothing to download yet: draw a digit first.');
      const { picture: file, strokes } = drawing();
      if (file) return save(file.bytes, file.name);
      const side = isSheet(grid()) ? pictureSide(grid()) : DOWNLOAD_SIDE;
      const png = await encodePng(rasterise(strokes, side, grid()), pictureWidth(side, grid()));
      return save(new Blob([png], { type: 'image/png' }), DOWNLOAD_NAME);
    },
  };
}

/**
 * Saves a file.
 * @param {Blob} bytes
 * @param {string} name
 */
export function save(bytes, name) {
  const url = URL.createObjectURL(bytes);
  const link = document.createElement('a');
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Shows the drawing in the page's address, if there is one; removes it there once the drawing changes.
 * @param {import('./state.js').Store} store
 * @param {ReturnType<typeof import('./actions.js').createActions>} actions
 */
export function followLinks(store, actions) {
  const forget = () => history.replaceState(null, '', location.pathname + location.search);
  let linked = null;
  const follow = () => {
    const fragment = location.hash.slice(1);
    if (!fragment || document.getElementById(fragment)) return;
    try {
      actions.showDrawing({ ...decodeDrawing(fragment), picture: null });
      linked = store.state.history.present;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      forget();
      actions.announce(error.message);
    }
  };
  follow();
  addEventListener('hashchange', follow);
  store.subscribe(({ history: { present } }, changed) => {
    if (changed.has('history') && location.hash && present !== linked) forget();
  });
}

/** Formats an answer as JSON, each list of numbers on one line. */
function formatAnswer(answer) {
  const lists = /\[\s+((?:null|[-+\d.e,\s])+?)\s+\]/g;
  return JSON.stringify(answer, null, 2).replace(lists, (_, numbers) => `[${numbers.replace(/\s+/g, ' ')}]`);
}

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

function curlForFile(url, { name, type }) {
  return `curl --data-binary @${quote(name)} -H ${quote(`Content-Type: ${type}`)} ${quote(url)}`;
}

function curlForDrawing(url, png) {
  const base64 = btoa(Array.from(png, (byte) => String.fromCharCode(byte)).join(''));
  return `curl -H 'Content-Type: application/json' -d '{"image": "${base64}"}' ${quote(url)}`;
}
