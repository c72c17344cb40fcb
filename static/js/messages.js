/** Messages: numbers and codes in words. */

import { OWN_GRID, cellName, isOwn, isSheet, numCells } from './grid.js';

const WARNINGS = {
  low_confidence: 'The reader is not sure. Look at the cells with a dashed frame.',
  not_a_digit: 'A cell holds ink that is no digit.',
  ink_across_divider: 'Some ink crosses the line between cells, so a digit may be cut in two.',
  several_digits: 'A cell seems to hold more than one digit.',
  faint: 'The ink is faint against its background.',
  tiny: 'A digit is very small for its cell.',
  not_a_grid: 'This does not look like a grid of two by two digits.',
  finish_misplaced: 'The reader did not stop after the last cell, so do not rely on this reading.',
  cut_off: 'The edge of the picture cuts off a digit.',
  other_layout: 'This looks like one digit, or a larger grid, not like two by two digits.',
  many_frames: 'The picture has several frames; only the first was read.',
};

/** These speak of the reader's own grid; of another, the service's words are right. */
const ABOUT_OWN_GRID = new Set(['not_a_grid', 'other_layout']);

/**
 * Returns a warning in plain words, or as the service puts it where its code is unknown here.
 * @param {{code: string, detail: string}} warning
 * @param {import('./grid.js').Grid} grid
 */
export function warningText({ code, detail }, grid = OWN_GRID) {
  const words = isOwn(grid) || !ABOUT_OWN_GRID.has(code) ? WARNINGS[code] : null;
  return words ?? detail ?? code;
}

export const NO_PICTURE = 'This is no picture that can be read here: PNG, JPEG, WebP, HEIC, AVIF, BMP or GIF.';
export const EMPTY_FILE = 'This file is empty.';
const TOO_LARGE = 'This picture is too large to be read here';
const MISUNDERSTOOD = 'The service did not understand what this page sent. Load the page again.';

/** By the name in a problem's type; none for status 503, when the server counts as away. */
const PROBLEMS = {
  'picture-too-large': TOO_LARGE,
  'picture-format': NO_PICTURE,
  'picture-unreadable': 'This picture cannot be read: it is damaged, very small, or far longer than wide.',
  'body-malformed': MISUNDERSTOOD,
  'body-content': MISUNDERSTOOD,
  'body-too-large': TOO_LARGE,
  'media-type': NO_PICTURE,
  'timeout': 'The picture took too long to arrive. Try again, or open a smaller one.',
  'invalid-parameter': MISUNDERSTOOD,
  'invalid-http': MISUNDERSTOOD,
  'head-too-large': MISUNDERSTOOD,
  'origin': 'The service takes no pictures from pages at this address.',
  'internal': 'The service failed at this picture. Try again.',
};

/**
 * Returns in plain words why there is no answer, or as the service puts it where unknown here.
 * @param {{type?: string, title?: string, detail: string}} problem
 */
export function problemText({ type, title, detail }) {
  const words = PROBLEMS[type?.split('#')[1]];
  if (!words) return title ? `${title}: ${detail}` : detail;
  return words === TOO_LARGE ? `${words}${limitText(detail)}.` : words;
}

/** Returns the largest size allowed, where a problem's detail has it. */
function limitText(detail) {
  const [, most, unit] = /at most (\d+) (bytes|pixels)/.exec(detail) ?? [];
  return most ? `: at most ${Number(most) / 1e6} ${unit === 'bytes' ? 'MB' : 'million pixels'}` : '';
}

/**
 * Returns a probability as a percentage that never rounds to certainty.
 * @param {number} probability
 */
export function percent(probability) {
  const value = probability * 100;
  if (value > 99.9 && value < 100) return '> 99.9 %';
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value.toFixed(value >= 100 ? 0 : 1)} %`;
}

/** Symbols of a cell that are no digits, in the order of their probabilities. */
const NO_DIGITS = { 10: 'blank', 11: 'other' };
const KIND_WORDS = { blank: 'blank', other: 'no digit' };

/**
 * Returns in words what a cell holds.
 * @param {{kind: string, digit: number | null}} cell
 */
export function cellText({ kind, digit }) {
  return KIND_WORDS[kind] ?? String(digit);
}

/**
 * Returns the second most probable symbol of a cell.
 * @param {number[]} probabilities of the digits 0 to 9, then of a blank, then of ink that is no digit
 * @returns {{kind: string, digit: number | null, probability: number}}
 */
export function runnerUp(probabilities) {
  const order = probabilities.map((_, symbol) => symbol).sort((a, b) => probabilities[b] - probabilities[a]);
  const second = order[1];
  const kind = NO_DIGITS[second] ?? 'digit';
  return { kind, digit: kind === 'digit' ? second : null, probability: probabilities[second] };
}

/**
 * Returns how sure the reader is of a whole reading.
 * @param {number} confidence
 * @param {import('./grid.js').Grid} grid
 */
export function confidenceText(confidence, grid) {
  const cells = numCells(grid);
  const all = isOwn(grid) ? ' of all four' : cells > 1 ? ` of all ${cells}` : '';
  return `${percent(confidence)} sure${all}`;
}

/** Unsure cells of a sheet that are named; more are counted. */
const MOST_NAMED = 3;

/**
 * Returns a reading in a sentence or two, to be read out.
 * @param {import('./client.js').Answer} answer
 * @param {readonly boolean[]} isUnsure of each cell
 * @param {import('./grid.js').Grid} grid
 */
export function readingText({ cells, confidence }, isUnsure, grid = OWN_GRID) {
  const unsure = cells.flatMap((_, cell) => (isUnsure[cell] ? [cellName(cell, grid)] : []));
  const isEvery = unsure.length === cells.length && cells.length > 1;
  const isMany = isSheet(grid) && unsure.length > MOST_NAMED;
  const which = isEvery ? 'every cell' : isMany ? `${unsure.length} cells` : unsure.join(isSheet(grid) ? '; ' : ', ');
  const digits = cells.filter(({ kind }) => kind === 'digit').length;
  const read = isSheet(grid)
    ? `Read ${digits} ${digits === 1 ? 'digit' : 'digits'} in ${grid.rows} by ${grid.columns} cells.`
    : `Read ${cells.map(cellText).join(', ')}; ${confidenceText(confidence, grid)}.`;
  return unsure.length ? `${read} Unsure of ${which}.` : read;
}
