/**
 * What a sheet holds: read and corrected signs, as CSV, checked as a sudoku. Independent of the page.
 *
 * @typedef {string} Sign a digit, '' of a blank, '?' of ink that is no digit
 * @typedef {ReadonlyMap<number, {sign: Sign, read: Sign}>} Corrections by cell: what it is, and what was read
 */

import { numCells } from './grid.js';

const KEY_SIGNS = { Delete: '', Backspace: '', ' ': '' };
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] };
const BOX = 3;
const BOX_NAMES = [
  'upper left', 'upper middle', 'upper right', 'middle left', 'middle', 'middle right', 'lower left', 'lower middle',
  'lower right',
];

/**
 * Returns what was read in a cell.
 * @param {{kind: string, digit: number | null}} cell
 * @returns {Sign}
 */
export const signOf = ({ kind, digit }) => (kind === 'digit' ? String(digit) : kind === 'other' ? '?' : '');

/** @param {Sign} sign */
export const signText = (sign) => ({ '': 'blank', '?': 'no digit' })[sign] ?? sign;

/**
 * Returns what each cell holds, in reading order.
 * @param {readonly {kind: string, digit: number | null}[]} cells
 * @param {Corrections} corrections
 */
export const signsOf = (cells, corrections) => cells.map((cell, number) => corrections.get(number)?.sign ?? signOf(cell));

/**
 * Returns corrections with that of one cell. What was read is no correction.
 * @param {Corrections} corrections
 * @param {number} cell
 * @param {Sign} sign
 * @param {Sign} read
 * @returns {Corrections}
 */
export function correct(corrections, cell, sign, read) {
  const changed = new Map(corrections);
  if (sign === read) changed.delete(cell);
  else changed.set(cell, { sign, read });
  return changed;
}

/**
 * Returns the corrections that hold for another reading of the sheet: those of cells read as before.
 * @param {Corrections} corrections
 * @param {readonly {kind: string, digit: number | null}[]} cells
 * @returns {Corrections}
 */
export function keepCorrections(corrections, cells) {
  const kept = [...corrections].filter(([cell, { read }]) => cells[cell] && signOf(cells[cell]) === read);
  return kept.length === corrections.size ? corrections : new Map(kept);
}

/**
 * Returns the sign that a key stands for, or null.
 * @param {string} key
 * @returns {Sign | null}
 */
export const signOfKey = (key) => (/^[0-9?]$/.test(key) ? key : (KEY_SIGNS[key] ?? null));

/**
 * Returns the cell that a key goes to, or null where it is no such key. At an edge it is the same cell.
 * @param {number} cell
 * @param {string} key
 * @param {import('./grid.js').Grid} grid
 * @param {boolean} isFar Control is held: to an end of the sheet
 */
export function cellOfKey(cell, key, grid, isFar = false) {
  const column = cell % grid.columns;
  if (key === 'Home') return isFar ? 0 : cell - column;
  if (key === 'End') return isFar ? numCells(grid) - 1 : cell - column + grid.columns - 1;
  const step = STEPS[key];
  if (!step || isFar) return null;
  const within = (value, count) => Math.min(count - 1, Math.max(0, value));
  const row = within((cell - column) / grid.columns + step[0], grid.rows);
  return row * grid.columns + within(column + step[1], grid.columns);
}

/**
 * Returns a sheet as CSV: a blank is an empty field, ink that is no digit a question mark.
 *
 * Reference: RFC 4180.
 * @param {readonly Sign[]} signs
 * @param {number} columns
 */
export function toCsv(signs, columns) {
  // An empty line would be no record to most programs: a lone empty field is quoted.
  const field = (sign) => (columns === 1 && sign === '' ? '""' : sign);
  const lines = Array.from({ length: signs.length / columns }, (_, row) =>
    signs.slice(row * columns, (row + 1) * columns).map(field).join(','),
  );
  return lines.map((line) => `${line}\r\n`).join('');
}

/** Says whether a grid is that of a sudoku. @param {import('./grid.js').Grid} grid */
export const isSudoku = ({ rows, columns }) => rows === BOX * BOX && columns === BOX * BOX;

/**
 * Returns the digits that stand more than once in a row, a column or a box of a sudoku: their cells, and
 * a line about each.
 * @param {readonly Sign[]} signs of 81 cells
 * @returns {{cells: Set<number>, words: string[]}}
 */
export function sudokuConflicts(signs) {
  const side = BOX * BOX;
  const each = Array.from({ length: side }, (_, number) => number);
  const boxCell = (box, i) => (Math.floor(box / BOX) * BOX + Math.floor(i / BOX)) * side + (box % BOX) * BOX + (i % BOX);
  const units = [
    ...each.map((row) => [`row ${row + 1}`, each.map((i) => row * side + i)]),
    ...each.map((column) => [`column ${column + 1}`, each.map((i) => i * side + column)]),
    ...each.map((box) => [`the ${BOX_NAMES[box]} box`, each.map((i) => boxCell(box, i))]),
  ];
  const cells = new Set();
  const words = [];
  for (const [name, members] of units) {
    for (let digit = 1; digit <= side; digit++) {
      const found = members.filter((cell) => signs[cell] === String(digit));
      if (found.length < 2) continue;
      for (const cell of found) cells.add(cell);
      words.push(`${digit} stands ${found.length === 2 ? 'twice' : `${found.length} times`} in ${name}.`);
    }
  }
  const zeros = signs.flatMap((sign, cell) => (sign === '0' ? [cell] : []));
  for (const cell of zeros) cells.add(cell);
  if (zeros.length) words.push('A sudoku has no 0.');
  return { cells, words };
}
