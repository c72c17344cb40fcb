import assert from 'node:assert/strict';
import test from 'node:test';

import { showStatus } from '../../static/js/answer-view.js';
import { Store } from '../../static/js/state.js';
import { stopClock } from './clock.mjs';

const NOTE_MS = 200;
const STROKE = { points: [[0.2, 0.2, 0, 0.5]], width: 0.04 };
const DRAWN = { past: [], present: { strokes: [STROKE], picture: null }, future: [] };

function setUp() {
  const [status, offline] = [{ dataset: {} }, {}];
  const store = new Store();
  store.update({ history: DRAWN });
  showStatus(status, offline, store, NOTE_MS);
  const note = (words) => store.update({ note: { words } });
  return { status, offline, store, note };
}

/** `null` is a blank, and `'?'` ink that is no digit. */
function answerOf(contents, { unsure = [], warnings = [] } = {}) {
  const cells = contents.map((content, cell) => ({
    kind: content === null ? 'blank' : content === '?' ? 'other' : 'digit',
    digit: content === '?' ? null : content,
    confidence: unsure.includes(cell) ? 0.5 : 0.99,
  }));
  const all = unsure.length ? [{ code: 'low_confidence', cells: unsure }, ...warnings] : warnings;
  return { digits: cells.map(({ digit }) => digit), cells, confidence: 0.96, warnings: all };
}

test('a reading that comes while a note is fresh is said after it', (t) => {
  const pass = stopClock(t);
  const { status, store, note } = setUp();
  note('Link copied.');
  store.update({ answer: answerOf([7, null, null, null]) });
  store.update({ answer: answerOf([7, 2, null, null]) });
  assert.equal(status.textContent, 'Link copied.');
  pass(3 * NOTE_MS);
  assert.equal(status.textContent, 'Read 7, 2, blank, blank; 96.0 % sure of all four.');
  store.update({ answer: answerOf([1, null, null, null]) });
  assert.match(status.textContent, /^Read 1/);
});

test('a note stays until there is something else to say, and a newer one goes before it', (t) => {
  const pass = stopClock(t);
  const { status, store, note } = setUp();
  note('Pen down.');
  pass(NOTE_MS / 2);
  note('Pen up.');
  assert.equal(status.textContent, 'Pen up.');
  pass(NOTE_MS / 2);
  store.update({ answer: answerOf([1, 2, 3, 4]) });
  pass(NOTE_MS / 4); // the first note's time is over, the second one's is not
  assert.equal(status.textContent, 'Pen up.');
  pass(2 * NOTE_MS);
  assert.match(status.textContent, /^Read 1/);
  note('JSON copied.');
  pass(2 * NOTE_MS);
  assert.equal(status.textContent, 'JSON copied.');
});

test('nothing is said of a reading while the pen is down', () => {
  const { status, store } = setUp();
  store.update({ liveStroke: STROKE });
  store.update({ answer: answerOf([1, 2, 3, 4]) });
  assert.equal(status.textContent, 'Reading…');
});

test('what the reader is not sure of is said with the reading, and other warnings after it', () => {
  const { status, store } = setUp();
  const warnings = [{ code: 'many_frames', detail: '', cells: [] }];
  store.update({ answer: answerOf([8, null, 1, 4], { unsure: [0, 3], warnings }) });
  assert.match(status.textContent, /all four\. Unsure of top left, bottom right\. The picture has several frames/);
  store.update({ answer: answerOf([8, null, 1, 4], { unsure: [0, 1, 2, 3] }) });
  assert.match(status.textContent, /Unsure of every cell\.$/);
});

test('a cell that a warning names is unsure, however sure the reader is', () => {
  const { status, store } = setUp();
  const warnings = [{ code: 'tiny', detail: '', cells: [2] }];
  store.update({ answer: answerOf([8, null, 1, 4], { warnings }) });
  assert.match(status.textContent, /Unsure of bottom left\. A digit is very small/);
});

test('ink that is no digit is said as such, and is no doubt', () => {
  const { status, store } = setUp();
  const warnings = [{ code: 'not_a_digit', detail: '', cells: [1] }];
  store.update({ answer: answerOf([8, '?', null, 4], { warnings }) });
  assert.equal(
    status.textContent,
    'Read 8, no digit, blank, 4; 96.0 % sure of all four. A cell holds ink that is no digit.',
  );
});

test('a drawing without an answer is being read, was refused, or waits for the server', () => {
  const { status, offline, store } = setUp();
  assert.equal(status.textContent, 'Reading…');
  store.update({ problem: { title: 'Too large', detail: 'At most 10 MB.' } });
  assert.equal(status.textContent, 'Too large: At most 10 MB.');
  store.update({ problem: null });
  assert.equal(status.textContent, 'Reading…');
  store.update({ isAway: true });
  assert.equal(status.textContent, '');
  assert.equal(offline.hidden, false);
  assert.match(offline.textContent, /server is away.*kept/);
  store.update({ isAway: false });
  assert.deepEqual([offline.hidden, offline.textContent], [true, '']);
  store.update({ history: { ...DRAWN, present: { strokes: [], picture: null } }, answer: answerOf([1, 2, 3, 4]) });
  store.update({ answer: null });
  assert.equal(status.textContent, '');
});
