/** Exports: a link, the answer as JSON, a curl command for it, the picture as a file. */

import { PREDICT_URL } from './client.js';
import { isBlank } from './history.js';
import { encodePng } from './png.js';
import { rasterise } from './raster.js';
import { LinkError, decodeStrokes, encodeStrokes } from './sharing.js';

const DOWNLOAD_SIDE = 560;

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

  return {
    async share() {
      if (drawing().picture) return actions.announce('Only drawings fit in a link; a picture does not.');
      if (isBlank(drawing())) return actions.announce('Nothing to share yet: draw a digit first.');
      history.replaceState(null, '', `#${encodeStrokes(drawing().strokes)}`);
      return copy(location.href, 'Link');
    },
    async copyJson() {
      if (!store.state.answer) return actions.announce('Nothing to copy yet: draw a digit first.');
      return copy(formatAnswer(store.state.answer), 'JSON');
    },
    async copyCurl() {
      const sent = picture();
      if (!sent) return actions.announce('Nothing to copy yet: draw a digit first.');
      const url = new URL(PREDICT_URL, location.href).href;
      const { picture: file } = drawing();
      if (file?.isSmaller) return copy(curlForFile(url, file), 'curl command', ` It sends ${file.name}: download that first.`);
      if (file) return copy(curlForFile(url, file), 'curl command');
      return copy(curlForDrawing(url, (await sent).body), 'curl command');
    },
    async download() {
      if (isBlank(drawing())) return actions.announce('Nothing to download yet: draw a digit first.');
      const { picture: file, strokes } = drawing();
      const png = file ? null : await encodePng(rasterise(strokes, DOWNLOAD_SIDE), DOWNLOAD_SIDE);
      const url = URL.createObjectURL(file?.bytes ?? new Blob([png], { type: 'image/png' }));
      const link = document.createElement('a');
      Object.assign(link, { href: url, download: file?.name ?? 'digit-grid.png' });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      return undefined;
    },
  };
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
      actions.showDrawing({ strokes: decodeStrokes(fragment), picture: null });
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
  const base64 = btoa(String.fromCharCode(...png));
  return `curl -H 'Content-Type: application/json' -d '{"image": "${base64}"}' ${quote(url)}`;
}
