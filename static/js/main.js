/** Assembles the page. */

import { createActions } from './actions.js';
import { showAnswers, showReading, showStatus } from './answer-view.js';
import {
  connectAttentionControls, markInkPolarity, playSteps, showFigures, showOverlay, showScale, showSteps,
} from './attention-view.js';
import { LiveReader, predictUrl } from './client.js';
import { connectSingleKeysSetting, showSamples, connectTools, connectThemeSwitch } from './controls.js';
import { byId } from './elements.js';
import { hasSameCells, isSheet } from './grid.js';
import { connectGridChoice } from './grid-choice.js';
import { gridOf, isBlank } from './history.js';
import { showCursor, showInk } from './ink-view.js';
import { listShortcuts, listenToKeys } from './keys.js';
import { encodePng } from './png.js';
import { drawWithPointer } from './pointer.js';
import { createRasteriser, pictureSide, pictureWidth } from './raster.js';
import { showNormalForm } from './normal-form-view.js';
import { Store, shownGrid } from './state.js';
import { followLinks, createExportActions } from './export-actions.js';
import { acceptPictures } from './upload.js';

const store = new Store();
const NO_ANSWER = { answer: null, answeredDrawing: null, problem: null };

/** The drawing as it stands, the stroke under the pen included. */
function drawingNow() {
  const { history, liveStroke } = store.state;
  if (!liveStroke) return history.present;
  const { picture, strokes, grid } = history.present;
  return { strokes: [...(picture ? [] : strokes), liveStroke], picture: null, grid };
}

const rasterise = createRasteriser();

/** Returns the body of the request for a drawing; null for a blank one. */
function requestBodyOf(drawing) {
  if (isBlank(drawing)) return null;
  const { picture, strokes } = drawing;
  const grid = gridOf(drawing);
  const url = predictUrl(grid, Boolean(picture));
  if (picture) return Promise.resolve({ body: picture.bytes, type: picture.type, url });
  const png = encodePng(rasterise(strokes, grid), pictureWidth(pictureSide(grid), grid));
  return png.then((body) => ({ body, type: 'image/png', url }));
}

let asked = drawingNow();
const reader = new LiveReader({
  picture() {
    asked = drawingNow();
    return requestBodyOf(asked);
  },
  isSheet: () => isSheet(gridOf(store.state.history.present)),
  onAnswer(answer, penUpAt) {
    store.update({ answer, answeredDrawing: answer && asked, problem: null });
    if (penUpAt !== null) performance.measure('pen-up-to-answer', { start: penUpAt, end: performance.now() });
  },
  onProblem: (problem) => store.update({ answer: null, answeredDrawing: asked, problem }),
  // An answer is removed, as the drawing may change until the server is back.
  onAway: (isAway) => store.update(isAway ? { isAway, ...NO_ANSWER } : { isAway }),
});
addEventListener('online', () => reader.retryNow());
// While somebody draws, the last answer stays until the next one. When a picture is opened or removed, or
// the grid changes, also by undo or by a stroke, the answer is removed at once.
store.subscribe(({ answeredDrawing }) => {
  if (!answeredDrawing) return;
  const now = drawingNow();
  const [grid, answered] = [now, answeredDrawing].map(gridOf);
  const isOther = !hasSameCells(grid, answered) || Boolean(now.picture && grid.isAuto) !== Boolean(now.picture && answered.isAuto);
  if (isOther || answeredDrawing.picture !== now.picture) store.update(NO_ANSWER);
});

const actions = createActions(store, reader);
const pad = byId('pad');
showInk(pad, byId('ink'), store);
showCursor({ pad, corner: byId('corner'), pen: byId('pen'), hint: byId('hint') }, store);
drawWithPointer(pad, store, reader, () => {
  actions.penUp();
  return actions.mayDraw();
});

showAnswers(byId('answers-top'), byId('answers-bottom'), store, actions.toggleStep);
showReading(
  {
    reading: byId('reading'),
    confidence: byId('reading-confidence'),
    warnings: byId('warnings'),
    alternatives: byId('alternatives'),
  },
  store,
);
showStatus(byId('status'), byId('offline'), store);

markInkPolarity(byId('main'), store);
showOverlay(byId('overlay'), store);
showSteps(byId('steps'), store, actions.toggleStep);
showScale({ bar: byId('scale-bar'), high: byId('scale-high') }, store);
connectAttentionControls({ layer: byId('layer'), head: byId('head'), opacity: byId('opacity') }, store);
playSteps(byId('play'), store);
showFigures(byId('attention-table'), store);
showNormalForm({ image: byId('normal-form'), notes: byId('ink-notes') }, store);

connectTools(
  {
    undo: byId('undo'),
    redo: byId('redo'),
    erase: byId('erase'),
    clearCell: byId('clear-cell'),
    clear: byId('clear'),
    width: byId('pen-width'),
    dot: byId('pen-dot'),
    pad,
  },
  store,
  actions,
);
connectGridChoice({ choice: byId('grid'), own: byId('own-grid'), rows: byId('rows'), columns: byId('columns') }, store, actions);
showSamples(byId('samples'), actions);
acceptPictures({ pad, inputs: [byId('upload'), byId('camera')] }, actions);
connectThemeSwitch(byId('theme'));

const exports = createExportActions(
  { picture: () => requestBodyOf(store.state.history.present), dialog: byId('copy-dialog'), text: byId('copy-text') },
  store,
  actions,
);
byId('share').addEventListener('click', exports.share);
byId('copy-json').addEventListener('click', exports.copyJson);
byId('copy-curl').addEventListener('click', exports.copyCurl);
byId('download').addEventListener('click', exports.download);

// What only sheets need is loaded with the first of them.
let isSheetLoaded = false;
store.subscribe((state) => {
  const hasSheet = isSheet(shownGrid(state));
  byId('sheet').hidden = !hasSheet;
  for (const id of ['attention', 'seen']) byId(id).hidden = hasSheet;
  if (!hasSheet || isSheetLoaded) return;
  isSheetLoaded = true;
  import('./sheet-view.js').then(
    ({ showSheet }) => showSheet(byId('sheet'), pad, store, actions, exports.copy),
    () => {
      isSheetLoaded = false;
      actions.announce('The table of the sheet could not be loaded. Is the server away?');
    },
  );
});

const openHelp = () => byId('help-dialog').showModal();
byId('help-button').addEventListener('click', openHelp);
listShortcuts(byId('shortcuts'));
connectSingleKeysSetting(byId('single-keys'), store);
listenToKeys(pad, store, actions, {
  '?': openHelp,
  o: () => byId('upload').click(),
  p: () => byId('play').click(),
  l: exports.share,
  j: exports.copyJson,
  k: exports.copyCurl,
  d: exports.download,
});

store.subscribe(({ answer }, changed) => {
  if (!changed.has('answer') || !answer) return;
  const { name, sha256 } = answer.model;
  byId('model').textContent = `Read by ${name}, sha256 ${sha256.slice(0, 16)}…`;
});
followLinks(store, actions);

// Browsers allow it over https and on localhost only.
navigator.serviceWorker?.register('/static/service-worker.js', { scope: '/' }).catch(() => {});
