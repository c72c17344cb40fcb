/** Puts the page together. */

import { showAnswers, showReading, showStatus } from './answer-view.js';
import { LiveReader } from './client.js';
import { byId } from './elements.js';
import { isBlank } from './history.js';
import { showInk } from './ink-view.js';
import { encodePng } from './png.js';
import { drawWithPointer } from './pointer.js';
import { PICTURE_SIDE, rasterise } from './raster.js';
import { Store } from './state.js';

const store = new Store();

/** The drawing as it stands, the stroke under the pen included. */
function drawingNow() {
  const { history, live } = store.state;
  return live ? { strokes: [...(history.present.picture ? [] : history.present.strokes), live], picture: null } : history.present;
}

let asked = null;
const reader = new LiveReader({
  picture() {
    asked = drawingNow();
    if (isBlank(asked)) return null;
    if (asked.picture) return Promise.resolve({ body: asked.picture.bytes, type: asked.picture.type });
    return encodePng(rasterise(asked.strokes), PICTURE_SIDE).then((body) => ({ body, type: 'image/png' }));
  },
  onAnswer(answer, penUpAt) {
    store.change({ answer, answered: answer ? asked : null, problem: null, note: '' });
    if (penUpAt !== null) performance.measure('pen-up-to-answer', { start: penUpAt, end: performance.now() });
  },
  onProblem: (problem) => store.change({ answer: null, answered: null, problem }),
  onAway: (isAway) => store.change({ isAway }),
});

showInk(byId('pad'), byId('ink'), store);
showAnswers(byId('answers-top'), byId('answers-bottom'), store, (step) =>
  store.change({ step: store.state.step === step ? null : step }),
);
showReading(
  { reading: byId('reading'), confidence: byId('reading-confidence'), warnings: byId('warnings'), alternatives: byId('alternatives') },
  store,
);
showStatus(byId('status'), byId('offline'), store);
drawWithPointer(byId('pad'), store, reader);
