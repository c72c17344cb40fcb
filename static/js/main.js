/** Puts the page together. */

import { actionsOn } from './actions.js';
import { showAnswers, showReading, showStatus } from './answer-view.js';
import { chooseAttention, playSteps, showFigures, showOverlay, showScale, showSteps, tellInk } from './attention-view.js';
import { LiveReader } from './client.js';
import { chooseSingleKeys, showSamples, showTools, switchTheme } from './controls.js';
import { byId } from './elements.js';
import { isBlank } from './history.js';
import { showCursor, showInk } from './ink-view.js';
import { listShortcuts, listenToKeys } from './keys.js';
import { encodePng } from './png.js';
import { drawWithPointer } from './pointer.js';
import { PICTURE_SIDE, rasterise } from './raster.js';
import { showSeen } from './seen-view.js';
import { Store } from './state.js';
import { followLinks, takeAway } from './take-away.js';
import { takePictures } from './upload.js';

const store = new Store();

/** The drawing as it stands, the stroke under the pen included. */
function drawingNow() {
  const { history, live } = store.state;
  if (!live) return history.present;
  return { strokes: [...(history.present.picture ? [] : history.present.strokes), live], picture: null };
}

/** Returns what is sent for a drawing; null for a blank one. */
function pictureOf(drawing) {
  if (isBlank(drawing)) return null;
  const { picture, strokes } = drawing;
  if (picture) return Promise.resolve({ body: picture.bytes, type: picture.type });
  return encodePng(rasterise(strokes), PICTURE_SIDE).then((body) => ({ body, type: 'image/png' }));
}

let asked = drawingNow();
const reader = new LiveReader({
  picture() {
    asked = drawingNow();
    return pictureOf(asked);
  },
  onAnswer(answer, penUpAt) {
    store.change({ answer, answered: answer && asked, problem: null });
    if (penUpAt !== null) performance.measure('pen-up-to-answer', { start: penUpAt, end: performance.now() });
  },
  onProblem: (problem) => store.change({ answer: null, answered: asked, problem }),
  // What is shown then is the answer for another drawing.
  onAway: (isAway) => store.change(isAway ? { isAway, answer: null, answered: null, problem: null } : { isAway }),
});
addEventListener('online', () => reader.nudge());
// While somebody draws, the answer for the strokes so far stays until the next one. A picture comes or
// goes as a whole, by undo or by a stroke as well, and its answer with it.
store.watch(({ answered }) => {
  if (answered && answered.picture !== drawingNow().picture) store.change({ answer: null, answered: null, problem: null });
});

const actions = actionsOn(store, reader);
const pad = byId('pad');
showInk(pad, byId('ink'), store);
showCursor({ pad, corner: byId('corner'), pen: byId('pen'), hint: byId('hint') }, store);
drawWithPointer(pad, store, reader, actions.penUp);

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

tellInk(byId('main'), store);
showOverlay(byId('overlay'), store);
showSteps(byId('steps'), store, actions.toggleStep);
showScale({ bar: byId('scale-bar'), high: byId('scale-high') }, store);
chooseAttention({ layer: byId('layer'), head: byId('head'), opacity: byId('opacity') }, store);
playSteps(byId('play'), store);
showFigures(byId('attention-table'), store);
showSeen({ image: byId('normal-form'), notes: byId('ink-notes') }, store);

showTools(
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
showSamples(byId('samples'), actions);
takePictures({ pad, inputs: [byId('upload'), byId('camera')] }, actions);
switchTheme(byId('theme'));

const takes = takeAway(
  { picture: () => pictureOf(store.state.history.present), dialog: byId('copy-dialog'), text: byId('copy-text') },
  store,
  actions,
);
byId('share').addEventListener('click', takes.share);
byId('copy-json').addEventListener('click', takes.copyJson);
byId('copy-curl').addEventListener('click', takes.copyCurl);
byId('download').addEventListener('click', takes.download);

const openHelp = () => byId('help-dialog').showModal();
byId('help-button').addEventListener('click', openHelp);
listShortcuts(byId('shortcuts'));
chooseSingleKeys(byId('single-keys'), store);
listenToKeys(pad, store, actions, {
  '?': openHelp,
  o: () => byId('upload').click(),
  p: () => byId('play').click(),
  l: takes.share,
  j: takes.copyJson,
  k: takes.copyCurl,
  d: takes.download,
});

store.watch(({ answer }, changed) => {
  if (!changed.has('answer') || !answer) return;
  const { name, sha256 } = answer.model;
  byId('model').textContent = `Read by ${name}, sha256 ${sha256.slice(0, 16)}…`;
});
followLinks(store, actions);

// Only over https and on this machine itself do browsers allow it.
navigator.serviceWorker?.register('/static/service-worker.js', { scope: '/' }).catch(() => {});
