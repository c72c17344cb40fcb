/** Takes in pictures: by button, camera, drop and paste. */

/** How files of the formats that the service reads begin. */
const BEGINNINGS = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8/],
  ['image/bmp', /^BM/],
  ['image/webp', /^RIFF....WEBP/s],
];

/**
 * Returns a file as it came, with its type by what is in it: names and systems are often wrong.
 * @param {Blob & {name?: string}} file
 * @returns {Promise<import('./history.js').Picture>}
 */
export async function pictureOf(file) {
  // Read now: the file may change or go away before it is sent.
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  const type = BEGINNINGS.find(([, beginning]) => beginning.test(text))?.[0];
  const known = type ?? (file.type || 'application/octet-stream');
  return { bytes: new Blob([bytes], { type: known }), type: known, name: file.name || 'picture' };
}

/**
 * @param {{pad: HTMLElement, inputs: HTMLInputElement[]}} parts
 * @param {ReturnType<typeof import('./actions.js').actionsOn>} actions
 */
export function takePictures({ pad, inputs }, actions) {
  const take = async (file) => {
    if (!file) return;
    try {
      actions.show({ strokes: [], picture: await pictureOf(file) });
    } catch {
      actions.say('This file cannot be opened.');
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
