/** Takes in pictures: by button, camera, drop and paste. */

import { EMPTY_FILE, NO_PICTURE } from './words.js';

/** How files of the formats that the service reads begin. */
const BEGINNINGS = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8/],
  ['image/bmp', /^BM/],
  ['image/webp', /^RIFF....WEBP/s],
];

/**
 * A photograph with more than this is made smaller before it is sent: the service refuses larger
 * ones, and a slow line would take long.
 */
const MOST_PIXELS = 16e6;
const MOST_BYTES = 8e6;
/** To this, in pixels: more than the service keeps of any picture. */
const LONGEST_SIDE = 1600;

/** A file is no picture that can be read here. */
export class FileError extends Error {}

/**
 * Returns a file as it came, with its type by what is in it: names and systems are often wrong.
 * A very large picture is made smaller.
 * @param {Blob & {name?: string}} file
 * @returns {Promise<import('./history.js').Picture>}
 * @throws {FileError}
 */
export async function pictureOf(file) {
  if (file.size === 0) throw new FileError(EMPTY_FILE);
  const text = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const type = BEGINNINGS.find(([, beginning]) => beginning.test(text))?.[0];
  if (!type) throw new FileError(NO_PICTURE);
  // Read now: the file may change or go away before it is sent.
  const bytes = new Blob([await file.arrayBuffer()], { type });
  const picture = { bytes, type, name: file.name || 'picture', isSmaller: false };
  return (await smaller(picture)) ?? picture;
}

/** Returns a very large picture made smaller, upright and still; null for any other. */
async function smaller({ bytes, type, name }) {
  // What the browser cannot show is left to the service, or is damaged.
  const whole = await createImageBitmap(bytes).catch(() => null);
  if (!whole) return null;
  const { width, height } = whole;
  if (width * height <= MOST_PIXELS && bytes.size <= MOST_BYTES) {
    whole.close();
    return null;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const image = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: 'high' });
  whole.close();
  const canvas = Object.assign(document.createElement('canvas'), { width: resizeWidth, height: resizeHeight });
  canvas.getContext('2d').drawImage(image, 0, 0);
  // A photograph stays one; other formats may have parts that are transparent.
  const [kind, ending] = type === 'image/jpeg' ? [type, 'jpg'] : ['image/png', 'png'];
  const blob = await new Promise((done) => canvas.toBlob(done, kind, 0.92));
  return blob && { bytes: blob, type: kind, name: `${name.replace(/\.\w+$/, '')}-smaller.${ending}`, isSmaller: true };
}

/**
 * @param {{pad: HTMLElement, inputs: HTMLInputElement[]}} parts
 * @param {ReturnType<typeof import('./actions.js').actionsOn>} actions
 */
export function takePictures({ pad, inputs }, actions) {
  const take = async (file) => {
    if (!file) return;
    try {
      // Decoding a photograph takes a while.
      if (file.size > MOST_BYTES / 4) actions.say('Opening the picture…');
      const picture = await pictureOf(file);
      actions.show({ strokes: [], picture });
      if (picture.isSmaller) actions.say('The picture was made smaller before it was sent.');
    } catch (error) {
      actions.refuse(error instanceof FileError ? error.message : 'This file cannot be opened.');
    }
  };
  for (const input of inputs) {
    input.addEventListener('change', async () => {
      await take(input.files[0]);
      input.value = ''; // the same file may be chosen again
    });
  }
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    pad.classList.add('is-target');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) pad.classList.remove('is-target');
  });
  document.addEventListener('drop', (event) => {
    pad.classList.remove('is-target');
    if (!hasFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener('paste', (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
