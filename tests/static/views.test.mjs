import assert from 'node:assert/strict';
import test from 'node:test';

import { patchBoxes, peakOf, weightsOf } from '../../static/js/attention.js';
import { colourAt } from '../../static/js/colours.js';
import { BLANK, addStroke, commit, isBlank, redo, startHistory, undo } from '../../static/js/history.js';
import { sampleDigit } from '../../static/js/samples.js';
import { describeInk, describeLayout } from '../../static/js/normal-form-view.js';
import { homeCell } from '../../static/js/strokes.js';
import { cellText, percent, runnerUp, warningText } from '../../static/js/messages.js';

test('undo and redo go back and forth, and a change ends what could be redone', () => {
  const [a, b] = ['a', 'b'].map((name) => ({ points: [[0, 0, 0, 0.5]], width: 0.04, name }));
  let history = addStroke(addStroke(startHistory(), a), b);
  history = undo(history);
  assert.deepEqual(history.present.strokes, [a]);
  assert.deepEqual(redo(history).present.strokes, [a, b]);
  assert.equal(commit(history, { strokes: [] }).future.length, 0);
  assert.ok(isBlank(undo(undo(undo(history))).present));
  assert.equal(undo(startHistory()).present, BLANK);
});

test('a stroke on a picture begins a fresh drawing, and undo brings the picture back', () => {
  const picture = { bytes: new Blob(), type: 'image/png', name: 'grid.png' };
  const history = addStroke(startHistory({ strokes: [], picture }), { points: [[0, 0, 0, 0.5]], width: 0.04 });
  assert.equal(history.present.picture, null);
  assert.equal(undo(history).present.picture, picture);
});

test('attention is averaged over what is not chosen', () => {
  const attention = { weights: [[[[1, 0], [0, 1]], [[0.5, 0.5], [0.2, 0.8]]]] };
  assert.deepEqual(weightsOf(attention, 0, 0, 1), [0, 1]);
  assert.deepEqual(weightsOf(attention, 0, 0, 'mean'), [0.5, 0.5]);
  const [left, right] = weightsOf(attention, 0, 'mean', 'mean');
  assert.ok(Math.abs(left - 0.425) < 1e-12 && Math.abs(right - 0.575) < 1e-12);
  assert.equal(peakOf(attention, 0, 0), 1);
});

const FOUR_BY_FOUR = { rows: 4, columns: 4 };

test('patches divide the picture evenly where nothing more is known', () => {
  const boxes = patchBoxes({ attention: FOUR_BY_FOUR }, null);
  assert.deepEqual([boxes[0], boxes[5], boxes[15]], [[0, 0, 0.25, 0.25], [0.25, 0.25, 0.5, 0.5], [0.75, 0.75, 1, 1]]);
});

test('patches stand where the service found the grid, and part in the middle of the ink', () => {
  const blank = { box: null, scale: null, shift: null };
  const aside = { box: [30, 26, 46, 46], scale: 1.4, shift: [0.2, -0.1] };
  const ink = { grid_box: [10, 20, 90, 100], cells: [aside, blank, blank, blank] };
  const boxes = patchBoxes({ attention: FOUR_BY_FOUR, ink }, { width: 100, height: 200 });
  const close = (box, expected) => box.forEach((edge, i) => assert.ok(Math.abs(edge - expected[i]) < 1e-9, String(box)));
  close(boxes[0], [0.1, 0.1, 0.38, 0.18]);
  close(boxes[5], [0.38, 0.18, 0.5, 0.3]);
  close(boxes[15], [0.7, 0.4, 0.9, 0.5]);
});

test('what was done to the ink is said in words', () => {
  const cell = { box: [1, 1, 2, 2], scale: 0.25, shift: [0.1, 0], stroke_width: 5, restroked: 0.31 };
  const said = describeInk({ polarity: 'dark_on_light', grid_box: [0, 0, 112, 112], cells: [cell, { box: null }] });
  assert.match(said[0], /Dark/);
  assert.equal(said[1], 'Top left: drawn at 50 % of its size, moved left, lines 0.3 px wider.');
  assert.equal(said[2], 'Top right: no ink.');
  assert.deepEqual(describeInk(undefined), []);
});

test('where the cells were found is said in words', () => {
  const layout = { found_by: 'lines', rotation: -11.8, cells: [], sheet: [[0, 0], [1, 0], [1, 1], [0, 1]] };
  assert.deepEqual(describeLayout(layout), ['Cells found by their lines on a part of the picture, turned by 12° counterclockwise.']);
  assert.deepEqual(describeLayout({ ...layout, rotation: 0.2, sheet: null }), ['Cells found by their lines.']);
  assert.deepEqual(describeLayout({ ...layout, found_by: 'form' }), []);
  assert.deepEqual(describeLayout(undefined), []);
});

test('colours grow lighter with the value, and beyond the ends stay', () => {
  const lightness = (value) => {
    const [r, g, b] = colourAt(value).match(/\d+/g).map(Number);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let value = 0; value < 1; value += 0.05) assert.ok(lightness(value + 0.05) > lightness(value));
  assert.equal(colourAt(-1), colourAt(0));
  assert.equal(colourAt(NaN), colourAt(0));
});

test('a percentage never rounds to certainty', () => {
  assert.deepEqual([0.99999, 0.9991, 0.5, 0.0001, 0, 1].map(percent), ['> 99.9 %', '> 99.9 %', '50.0 %', '< 0.1 %', '0.0 %', '100 %']);
});

test('the runner-up may be a digit, a blank or ink that is no digit', () => {
  const second = (symbol) => runnerUp(Array.from({ length: 12 }, (_, i) => (i === 3 ? 0.7 : i === symbol ? 0.3 : 0)));
  assert.deepEqual(second(8), { kind: 'digit', digit: 8, probability: 0.3 });
  assert.deepEqual(second(10), { kind: 'blank', digit: null, probability: 0.3 });
  assert.deepEqual(second(11), { kind: 'other', digit: null, probability: 0.3 });
  assert.deepEqual([8, 10, 11].map((symbol) => cellText(second(symbol))), ['8', 'blank', 'no digit']);
});

test('a warning that is not known is said as the service says it', () => {
  assert.equal(warningText({ code: 'new', detail: 'Something new.' }), 'Something new.');
  assert.match(warningText({ code: 'faint', detail: 'x' }), /faint/);
});

test('every sample digit stays in its cell, and another seed gives another hand', () => {
  for (let digit = 0; digit < 10; digit++) {
    for (let cell = 0; cell < 4; cell++) {
      for (const stroke of sampleDigit(digit, cell, digit * 4 + cell)) assert.equal(homeCell(stroke), cell);
    }
    assert.notDeepEqual(sampleDigit(digit, 0, 1), sampleDigit(digit, 0, 2));
  }
});
