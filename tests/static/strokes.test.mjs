import assert from 'node:assert/strict';
import test from 'node:test';

import { cellAt, cellBox, cellShares, homeCell, isHit, mainCell, smooth } from '../../static/js/strokes.js';
import { rasterise } from '../../static/js/raster.js';

const line = (...places) => ({ points: places.map(([x, y], i) => [x, y, i * 8, 0.5]), width: 0.04 });
const inkIn = (pixels, side, cell) => {
  const [left, top, right, bottom] = cellBox(cell).map((edge) => edge * side);
  let ink = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) ink += pixels[y * side + x];
  return ink;
};

test('cells are numbered in reading order, and the edges of the pad belong to one', () => {
  assert.deepEqual([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [1, 1]].map(([x, y]) => cellAt(x, y)), [0, 1, 2, 3]);
});

test('a smooth line begins and ends where the pen did', () => {
  const dabs = smooth(line([0.1, 0.1], [0.2, 0.3], [0.4, 0.1]));
  assert.deepEqual(dabs[0].slice(0, 2), [0.1, 0.1]);
  assert.deepEqual(dabs.at(-1).slice(0, 2), [0.4, 0.1]);
});

test('dabs of a curve stand so close that joins look round', () => {
  const dabs = smooth(line([0.1, 0.1], [0.3, 0.4], [0.4, 0.1], [0.2, 0.1]));
  const gaps = dabs.slice(2, -1).map(([x, y], i) => Math.hypot(x - dabs[i + 1][0], y - dabs[i + 1][1]));
  assert.ok(Math.max(...gaps) < 0.03, String(Math.max(...gaps)));
});

test('pressure makes a line wider', () => {
  const [soft, hard] = [0.2, 0.9].map((pressure) => smooth({ points: [[0.5, 0.5, 0, pressure]], width: 0.04 })[0][2]);
  assert.ok(hard > soft);
});

test('shares of cells add up to one, for a dot too', () => {
  for (const stroke of [line([0.2, 0.2], [0.7, 0.9]), line([0.6, 0.2])]) {
    assert.ok(Math.abs(cellShares(stroke).reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  }
});

test('a slip beyond the divider leaves no ink in the next cell', () => {
  const slip = line([0.1, 0.2], [0.55, 0.2]);
  assert.equal(homeCell(slip), 0);
  const pixels = rasterise([slip], 112);
  assert.ok(inkIn(pixels, 112, 0) > 0);
  assert.equal(inkIn(pixels, 112, 1), 0);
});

test('ink that only touches the divider stays on its side', () => {
  const pixels = rasterise([line([0.49, 0.1], [0.49, 0.4])], 112);
  assert.equal(inkIn(pixels, 112, 1), 0);
});

test('a stroke drawn across the divider is sent whole', () => {
  const across = line([0.3, 0.2], [0.7, 0.2]);
  assert.equal(homeCell(across), null);
  const pixels = rasterise([across], 112);
  assert.ok(inkIn(pixels, 112, 0) > 0 && inkIn(pixels, 112, 1) > 0);
  assert.ok([0, 1].includes(mainCell(across)));
});

test('ink is as wide as the pen, soft at its edge and black far from it', () => {
  const side = 280;
  const pixels = rasterise([line([0.1, 0.25], [0.4, 0.25])], side);
  const column = Array.from({ length: side / 2 }, (_, y) => pixels[y * side + 70]);
  const width = column.reduce((sum, level) => sum + level / 255, 0);
  assert.ok(Math.abs(width - 0.04 * side) < 0.6, String(width));
  assert.equal(column[20], 0);
});

test('a stroke is hit on its ink and not beside it', () => {
  const stroke = line([0.1, 0.2], [0.4, 0.2]);
  assert.ok(isHit(stroke, 0.25, 0.21));
  assert.ok(!isHit(stroke, 0.25, 0.3));
});
