/** Takes in pictures: by button, camera, drop and paste. */

import { EMPTY_FILE, NO_PICTURE } from './messages.js';

/** Signatures of the formats that the service reads. */
const SIGNATURES = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8/],
  ['image/bmp', /^BM/],
  ['image/webp', /^RIFF....WEBP/s],
  ['image/avif', /^....ftyp(avif|avis)/s],
  ['image/heic', /^....ftyp(heic|heix|heim|heis|hevc|mif1|msf1)/s],
];

/**
 * A picture that exceeds this is downscaled before it is sent: the service refuses larger ones, and
 * sending them over a slow line would take long.
 */
const MAX_PIXELS = 16e6;
const MAX_BYTES = 8e6;
/** Longer side after that, in pixels: more than the service keeps of any picture. */
const DOWNSCALED_SIDE = 1600;

/** A file is not a picture that can be read here. */
export class FileError extends Error {}

/**
 * Reads a picture file; its type is found by its signature, as names and systems are often wrong.
 * A very large picture is downscaled.
 * @param {Blob & {name?: string}} file
 * @returns {Promise<import('./history.js').Picture>}
 * @throws {FileError}
 */
export async function readPictureFile(file) {
  if (file.size === 0) throw new FileError(EMPTY_FILE);
  const text = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const type = SIGNATURES.find(([, beginning]) => beginning.test(text))?.[0];
  if (!type) throw new FileError(NO_PICTURE);
  // Read now: the file may change or go away before it is sent.
  const bytes = new Blob([await file.arrayBuffer()], { type });
  const picture = { bytes, type, name: file.name || 'picture', isSmaller: false };
  return (await downscale(picture)) ?? picture;
}

/** Returns a very large picture downscaled, without rotation and animation; null for any other. */
async function downscale({ bytes, type, name }) {
  // The browser cannot show it: the service may read it, or say that it is damaged.
  const whole = await createImageBitmap(bytes).catch(() => null);
  if (!whole) return null;
  const { width, height } = whole;
  if (width * height <= MAX_PIXELS && bytes.size <= MAX_BYTES) {
    whole.close();
    return null;
  }
  const scale = Math.min(1, DOWNSCALED_SIDE / Math.max(width, height));
  const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const image = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: 'high' });
  whole.close();
  const canvas = Object.assign(document.createElement('canvas'), { width: resizeWidth, height: resizeHeight });
  canvas.getContext('2d').drawImage(image, 0, 0);
  // JPEG stays JPEG; other formats may have transparency.
  const [kind, ending] = type === 'image/jpeg' ? [type, 'jpg'] : ['image/png', 'png'];
  const blob = await new Promise((done) => canvas.toBlob(done, kind, 0.92));
  return blob && { bytes: blob, type: kind, name: `${name.replace(/\.\w+$/, '')}-smaller.${ending}`, isSmaller: true };
}

/**
 * @param {{pad: HTMLElement, inputs: HTMLInputElement[]}} parts
 * @param {ReturnType<typeof import('./actions.js').createActions>} actions
 */
export function acceptPictures({ pad, inputs }, actions) {
  const take = async (file) => {
    if (!file) return;
    try {
      // Decoding a photograph takes a while.
      if (file.size > MAX_BYTES / 4) actions.announce('Opening the picture…');
      const picture = await readPictureFile(file);
      actions.showDrawing({ strokes: [], picture });
      if (picture.isSmaller) actions.announce('The picture was made smaller before it was sent.');
    } catch (error) {
      actions.rejectFile(error instanceof FileError ? error.message : 'This file cannot be opened.');
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
