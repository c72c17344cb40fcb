import assert from 'node:assert/strict';
import test from 'node:test';

import { predictUrl, PREDICT_URL } from '../../static/js/client.js';
import { GRIDS, OWN_GRID, cellName, cellPhrase, extent, isSheet, parseGrid } from '../../static/js/grid.js';
import { readingText, warningText } from '../../static/js/messages.js';
import { createRasteriser, pictureSide, pictureWidth, rasterise } from '../../static/js/raster.js';
import { sampleDigit } from '../../static/js/samples.js';
import { LinkError, decodeDrawing, encodeStrokes } from '../../static/js/sharing.js';
import {
  cellOfKey, correct, keepCorrections, signOfKey, signsOf, sudokuConflicts, toCsv,
} from '../../static/js/sheet.js';
import { cellAt, cellBox, cellsCrossed, homeCell, moveToGrid } from '../../static/js/strokes.js';

const NINE = { rows: 9, columns: 9 };
const LINE = { rows: 1, columns: 4 };
const cellOf = (sign) => ({ kind: { '': 'blank', '?': 'other' }[sign] ?? 'digit', digit: /\d/.test(sign) ? Number(sign) : null });
const drawnOn = (grid) =>
  Array.from({ length: grid.rows * grid.columns }, (_, cell) => sampleDigit(cell % 10, cell, cell, grid)).flat();

test('cells of any grid are square, in reading order, and a digit drawn in one stays in it', () => {
  assert.deepEqual(extent(LINE), [1, 0.25]);
  assert.deepEqual(extent({ rows: 4, columns: 2 }), [0.5, 1]);
  for (const grid of [...GRIDS, { rows: 64, columns: 16 }]) {
    for (let cell = 0; cell < grid.rows * grid.columns; cell++) {
      const [left, top, right, bottom] = cellBox(cell, grid);
      assert.ok(Math.abs(right - left - (bottom - top)) < 1e-9);
      assert.equal(cellAt((left + right) / 2, (top + bottom) / 2, grid), cell);
      for (const stroke of sampleDigit(cell % 10, cell, cell, grid)) assert.equal(homeCell(stroke, grid), cell);
    }
  }
});

test('a stroke across the line of a sheet touches both cells and no other', () => {
  const stroke = { points: [[0.2, 0.1, 0, 0.5], [0.3, 0.1, 8, 0.5]], width: 0.02 };
  assert.deepEqual(cellsCrossed([stroke], LINE), [true, true, false, false]);
});

test('the picture of a sheet has 140 pixels a cell, fewer where there are very many cells', () => {
  assert.equal(pictureSide(OWN_GRID), 196);
  assert.equal(pictureSide(NINE), 1260);
  const line = rasterise(drawnOn(LINE), pictureSide(LINE), LINE);
  assert.equal(pictureWidth(pictureSide(LINE), LINE), 560);
  assert.equal(line.length, 560 * 140);
  for (const grid of [{ rows: 64, columns: 16 }, { rows: 32, columns: 32 }, { rows: 1, columns: 64 }]) {
    const side = pictureSide(grid);
    const [width, height] = extent(grid).map((share) => share * side);
    assert.ok(width * height <= 4e6, `${width} × ${height}`);
    assert.ok(side / Math.max(grid.rows, grid.columns) >= 60);
  }
});

test('a drawing that grows is rasterised as one drawn at once, also after undo and on another grid', () => {
  const rasteriseNext = createRasteriser();
  const strokes = drawnOn(NINE);
  for (const [part, grid] of [[strokes.slice(0, 5), NINE], [strokes, NINE], [strokes.slice(0, 40), NINE], [drawnOn(LINE), LINE], [[], LINE]]) {
    const expected = rasterise(part, pictureSide(grid), grid);
    assert.ok(Buffer.from(rasteriseNext(part, grid)).equals(Buffer.from(expected)));
  }
});

test('a grid travels in a link, and the reader\'s own makes the same link as ever', () => {
  for (const grid of [NINE, LINE, { rows: 3, columns: 1 }, { rows: 32, columns: 32 }]) {
    const strokes = drawnOn(grid);
    const link = encodeStrokes(strokes, grid);
    assert.match(link, /^g2\.[\w-]+$/);
    const back = decodeDrawing(link);
    assert.deepEqual(back.grid, grid);
    assert.equal(back.strokes.length, strokes.length);
    assert.equal(encodeStrokes(back.strokes, grid), link);
    const cell = 1 / Math.max(grid.rows, grid.columns);
    back.strokes.forEach(({ points, width }, i) => {
      assert.ok(Math.abs(width - strokes[i].width) < 0.001 * cell);
      const [from, to] = [strokes[i].points.at(-1), points.at(-1)];
      assert.ok(Math.hypot(from[0] - to[0], from[1] - to[1]) < 0.002 * cell);
    });
  }
  const own = encodeStrokes(drawnOn(OWN_GRID), OWN_GRID);
  assert.match(own, /^g1\./);
  assert.deepEqual(decodeDrawing(own).grid, OWN_GRID);
});

test('a link with a grid that is not read here is refused', () => {
  const link = encodeStrokes([], { rows: 200, columns: 3 });
  assert.throws(() => decodeDrawing(link), LinkError);
});

test('numbers of rows and columns are taken as the service takes them', () => {
  assert.deepEqual(parseGrid('9', ' 4 '), { rows: 9, columns: 4 });
  for (const [rows, columns] of [['0', '1'], ['65', '1'], ['33', '32'], ['1.5', '2'], ['', '2'], ['a', '2'], ['-1', '2']]) {
    assert.equal(parseGrid(rows, columns), null, `${rows} ${columns}`);
  }
});

test('a request names the grid, but for the reader\'s own', () => {
  assert.equal(predictUrl(OWN_GRID, true), PREDICT_URL);
  assert.equal(predictUrl({ ...OWN_GRID, isAuto: true }, false), PREDICT_URL);
  assert.match(predictUrl({ ...OWN_GRID, isAuto: true }, true), /&layout=auto$/);
  assert.match(predictUrl({ rows: 1, columns: 1 }, false), /explain=attention.*&rows=1&columns=1$/);
  const sheet = predictUrl(NINE, false);
  assert.match(sheet, /\?rows=9&columns=9&explain=layout$/);
});

test('strokes stay in their cells when the grid changes, and those without a cell go', () => {
  const moved = moveToGrid(drawnOn(NINE), NINE, OWN_GRID);
  assert.deepEqual([...new Set(moved.map((stroke) => homeCell(stroke)))], [0, 1, 2, 3]);
  const back = moveToGrid(moved, OWN_GRID, NINE);
  assert.deepEqual([...new Set(back.map((stroke) => homeCell(stroke, NINE)))], [0, 1, 9, 10]);
  assert.ok(Math.abs(back[0].width - sampleDigit(0, 0, 0, NINE)[0].width) < 1e-12);
});

test('cells are named by quarter on the reader\'s own grid, else by row and column', () => {
  assert.equal(cellName(3, OWN_GRID), 'bottom right');
  assert.equal(cellPhrase(0, OWN_GRID), 'the top left cell');
  assert.equal(cellName(11, NINE), 'row 2, column 3');
  assert.equal(cellPhrase(0, { rows: 1, columns: 1 }), 'the cell');
  assert.deepEqual([OWN_GRID, { rows: 1, columns: 2 }, LINE, { rows: 3, columns: 1 }].map(isSheet), [false, false, true, true]);
});

test('keys go from cell to cell and stay within the sheet', () => {
  const go = (cell, key, isFar) => cellOfKey(cell, key, { rows: 3, columns: 4 }, isFar);
  assert.deepEqual(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].map((key) => go(5, key)), [4, 6, 1, 9]);
  assert.deepEqual(['ArrowLeft', 'ArrowUp'].map((key) => go(0, key)), [0, 0]);
  assert.deepEqual(['ArrowRight', 'ArrowDown', 'Enter'].map((key) => go(11, key)), [11, 11, 11]);
  assert.deepEqual([go(6, 'Home'), go(6, 'End'), go(6, 'Home', true), go(6, 'End', true)], [4, 7, 0, 11]);
  assert.deepEqual([go(5, 'a'), go(5, 'Tab'), go(5, 'ArrowLeft', true)], [null, null, null]);
});

test('keys stand for digits, no digit and a blank, and no other does', () => {
  assert.deepEqual(['7', '?', 'Delete', 'Backspace', ' '].map(signOfKey), ['7', '?', '', '', '']);
  assert.deepEqual(['a', 'F1', 'Enter', '12'].map(signOfKey), [null, null, null, null]);
});

test('a correction holds while the cell is read the same, and what was read is none', () => {
  const cells = ['5', '', '?'].map(cellOf);
  let corrections = correct(new Map(), 0, '6', '5');
  corrections = correct(corrections, 1, '1', '');
  assert.deepEqual(signsOf(cells, corrections), ['6', '1', '?']);
  assert.deepEqual(signsOf(cells, correct(corrections, 0, '5', '5')), ['5', '1', '?']);
  const other = ['8', '', '?'].map(cellOf);
  assert.deepEqual(signsOf(other, keepCorrections(corrections, other)), ['8', '1', '?']);
  assert.equal(keepCorrections(corrections, cells), corrections);
});

test('a sheet is CSV of a field for each cell', () => {
  assert.equal(toCsv(['1', '', '?', '4'], 2), '1,\r\n?,4\r\n');
  assert.equal(toCsv(['1', '', '3'], 1), '1\r\n""\r\n3\r\n');
});

test('what stands twice in a row, a column or a box of a sudoku is named, each way it does', () => {
  const signs = new Array(81).fill('');
  assert.deepEqual(sudokuConflicts(signs), { cells: new Set(), words: [] });
  [signs[0], signs[8]] = ['5', '5'];
  [signs[40], signs[67]] = ['2', '2'];
  [signs[60], signs[80], signs[70]] = ['7', '7', '7'];
  const { cells, words } = sudokuConflicts(signs);
  assert.deepEqual([...cells].sort((a, b) => a - b), [0, 8, 40, 60, 67, 70, 80]);
  assert.deepEqual(words, ['5 stands twice in row 1.', '2 stands twice in column 5.', '7 stands 3 times in the lower right box.']);
  const letters = new Array(81).fill('?');
  letters[3] = '0';
  assert.deepEqual(sudokuConflicts(letters).words, ['A sudoku has no 0.']);
});

test('a sheet is said shortly: how many digits, and which cells or how many are unsure', () => {
  const cells = [...'5__3'].map((sign) => cellOf(sign.replace('_', '')));
  const said = (unsure) => readingText({ cells, confidence: 0.8 }, cells.map((_, cell) => unsure.includes(cell)), LINE);
  assert.equal(said([]), 'Read 2 digits in 1 by 4 cells.');
  assert.equal(said([1, 3]), 'Read 2 digits in 1 by 4 cells. Unsure of row 1, column 2; row 1, column 4.');
  const many = new Array(81).fill(cellOf('1'));
  const isUnsure = many.map((_, cell) => cell < 12);
  assert.match(readingText({ cells: many, confidence: 0.1 }, isUnsure, NINE), /Unsure of 12 cells\.$/);
});

test('a warning about two by two digits is not said of a sheet', () => {
  const warning = { code: 'not_a_grid', detail: 'no 9 rows' };
  assert.match(warningText(warning), /two by two/);
  assert.equal(warningText(warning, NINE), 'no 9 rows');
});
