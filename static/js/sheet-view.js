/** Shows a sheet: a table of its cells that can be corrected, copied, saved, and checked as a sudoku. */

import { unsureCells } from './answer-view.js';
import { element } from './elements.js';
import { save } from './export-actions.js';
import { cellName, gridText, hasSameCells, isSameChoice, isSheet, numCells } from './grid.js';
import { gridOf, isBlank } from './history.js';
import { cellText, percent, runnerUp } from './messages.js';
import {
  cellOfKey, correct, isSudoku, keepCorrections, signOf, signOfKey, signText, signsOf, sudokuConflicts, toCsv,
} from './sheet.js';
import { shownGrid } from './state.js';
import { showFound } from './sheet-overlay.js';

/** @typedef {import('./state.js').Store} Store */

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} pad
 * @param {Store} store
 * @param {ReturnType<typeof import('./actions.js').createActions>} actions
 * @param {(what: string, name: string) => Promise<void>} copy
 */
export function showSheet(place, pad, store, actions, copy) {
  const table = showTable(store, actions);
  const tools = showTools(store, actions, copy, table.choose);
  const check = showCheck(store);
  place.append(...table.parts, tools, check);
  dropOldCorrections(store);
  showFound(pad, store, table.choose);
}

/** Corrections hold as long as the cell is read the same, on the same sheet. */
function dropOldCorrections(store) {
  let before = store.state.history.present;
  store.subscribe(({ history: { present }, answer, corrections }, changed) => {
    const isOther = present.picture !== before.picture || isBlank(present) || !isSameChoice(gridOf(present), gridOf(before));
    before = present;
    if (isOther && corrections.size) store.update({ corrections: new Map() });
    else if (changed.has('answer') && answer) store.update({ corrections: keepCorrections(corrections, answer.cells) });
  });
}

/** Sets what a cell holds, unless nothing was read. */
function setSign(store, cell, sign) {
  const { answer, corrections } = store.state;
  if (!answer || cell === null) return;
  store.update({ corrections: correct(corrections, cell, sign, signOf(answer.cells[cell])) });
}

function showTable(store, actions) {
  const table = element('table', { class: 'sheet', 'data-testid': 'sheet' });
  const frame = element('div', { class: 'table-frame sheet-frame' }, table);
  const help = element('p', { class: 'aside sheet-help' }, 'Type over a cell to correct it: a digit, ? for no digit, Delete for a blank. Escape gives back what was read.');
  const about = element('p', { class: 'aside sheet-about', 'data-testid': 'sheet-cell' });
  let shown = null;
  let parts = [];

  const choose = (cell) => {
    if (!parts[cell]) return;
    parts[cell].entry.focus();
    parts[cell].entry.select();
  };
  const make = (cell) => {
    const digit = element('span', { class: 'digit', 'data-testid': `digit-${cell}`, 'aria-hidden': 'true' });
    const entry = element('input', {
      type: 'text', inputmode: 'numeric', autocomplete: 'off', tabindex: '-1', 'data-testid': `entry-${cell}`, 'data-cell': String(cell),
    });
    const td = element('td', { 'data-testid': `cell-${cell}` }, digit, entry);
    return { td, digit, entry };
  };
  const build = (grid) => {
    shown = grid;
    parts = Array.from({ length: numCells(grid) }, (_, cell) => make(cell));
    const columns = Array.from({ length: grid.columns }, (_, i) => element('th', { scope: 'col' }, String(i + 1)));
    const lines = Array.from({ length: grid.rows }, (_, row) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, String(row + 1)),
        ...parts.slice(row * grid.columns, (row + 1) * grid.columns).map(({ td }) => td),
      ),
    );
    table.classList.toggle('is-sudoku', isSudoku(grid));
    table.replaceChildren(
      element('caption', {}, element('span', { class: 'for-screen-readers' }, `Sheet of ${gridText(grid)}`)),
      element('thead', {}, element('tr', {}, element('td'), ...columns)),
      element('tbody', {}, ...lines),
    );
  };

  const cellOf = (event) => (event.target.dataset?.cell ? Number(event.target.dataset.cell) : null);
  table.addEventListener('focusin', (event) => store.update({ focus: cellOf(event) }));
  table.addEventListener('keydown', (event) => {
    const cell = cellOf(event);
    if (cell === null || event.altKey || event.metaKey) return;
    const next = cellOfKey(cell, event.key, shown, event.ctrlKey);
    const sign = event.ctrlKey ? null : signOfKey(event.key);
    if (next !== null) choose(next);
    else if (sign !== null) setSign(store, cell, sign);
    else if (event.key === 'Escape') giveBack(store, actions, cell);
    else return;
    event.preventDefault();
  });
  // Keyboards on a screen say what was typed only so.
  table.addEventListener('input', (event) => {
    const cell = cellOf(event);
    const typed = [...event.target.value].findLast((letter) => signOfKey(letter) !== null);
    if (typed !== undefined || event.target.value === '') setSign(store, cell, typed ?? '');
    fill(store.state, parts);
  });

  store.subscribe((state, changed) => {
    const grid = shownGrid(state);
    if (!isSheet(grid)) return;
    const isOther = !shown || !hasSameCells(shown, grid);
    if (isOther) {
      build(grid);
      store.update({ focus: null });
    }
    const isChanged = isOther || ['answer', 'corrections', 'isChecked'].some((key) => changed.has(key));
    if (isChanged) fill(state, parts);
    if (!isChanged && !changed.has('focus')) return;
    const reached = state.focus ?? 0;
    for (const [cell, { entry }] of parts.entries()) entry.tabIndex = cell === reached ? 0 : -1;
    about.textContent = aboutCell(state, grid);
  });
  return { parts: [frame, help, about], choose };
}

/** Gives back what was read in a cell. */
function giveBack(store, actions, cell) {
  const { answer, corrections } = store.state;
  if (!corrections.has(cell)) return;
  setSign(store, cell, signOf(answer.cells[cell]));
  actions.announce(`${capital(cellName(cell, shownGrid(store.state)))}: ${cellText(answer.cells[cell])}, as it was read.`);
}

function fill(state, parts) {
  const { answer, corrections, isChecked } = state;
  const grid = shownGrid(state);
  const isUnsure = unsureCells(state);
  const signs = answer ? signsOf(answer.cells, corrections) : [];
  const conflicts = isChecked && answer && isSudoku(grid) ? sudokuConflicts(signs).cells : new Set();
  parts.forEach(({ td, digit, entry }, number) => {
    const sign = signs[number];
    const kind = sign === undefined ? 'none' : ({ '': 'blank', '?': 'other' }[sign] ?? 'digit');
    const isCorrected = corrections.has(number) && sign !== undefined;
    const words = kind === 'digit' ? sign : '';
    if (digit.textContent !== words) digit.textContent = words;
    if (entry.value !== (sign ?? '')) entry.value = sign ?? '';
    entry.readOnly = !answer;
    const data = {
      state: kind,
      sure: isUnsure[number] && !isCorrected ? 'no' : 'yes',
      corrected: isCorrected ? 'yes' : 'no',
      conflict: conflicts.has(number) ? 'yes' : 'no',
    };
    for (const [key, value] of Object.entries(data)) if (td.dataset[key] !== value) td.dataset[key] = value;
    const notes = [data.sure === 'no' && 'unsure', isCorrected && 'corrected', conflicts.has(number) && 'stands twice'];
    const label = [capital(cellName(number, grid)), sign === undefined ? 'nothing read yet' : signText(sign), ...notes.filter(Boolean)];
    const name = `${label[0]}: ${label.slice(1).join(', ')}`;
    if (entry.getAttribute('aria-label') !== name) entry.setAttribute('aria-label', name);
  });
}

/** Returns what is known of the chosen cell. */
function aboutCell({ answer, corrections, focus }, grid) {
  const cell = focus === null ? null : answer?.cells[focus];
  if (!cell) return answer ? 'Choose a cell to see how surely it was read.' : '';
  const second = runnerUp(cell.probabilities);
  const read = `read as ${cellText(cell)}, ${percent(cell.confidence)}, or ${cellText(second)}, ${percent(second.probability)}`;
  const corrected = corrections.has(focus) ? `${signText(corrections.get(focus).sign)}, corrected; ` : '';
  return `${capital(cellName(focus, grid))}: ${corrected}${read}.`;
}

function showTools(store, actions, copy, choose) {
  const make = (id, words) => element('button', { type: 'button', 'data-testid': id }, words);
  const next = make('next-doubtful', 'Next doubtful cell');
  const other = make('set-other', 'No digit');
  const blank = make('set-blank', 'Blank');
  const back = make('set-read', 'As read');
  const copyCsv = make('copy-csv', 'Copy CSV');
  const saveCsv = make('save-csv', 'Save CSV');
  const doubtful = ({ corrections }) => unsureCells(store.state).flatMap((is, cell) => (is && !corrections.has(cell) ? [cell] : []));
  const csv = () => {
    const { answer, corrections } = store.state;
    if (!answer) actions.announce('Nothing read yet.');
    return answer && toCsv(signsOf(answer.cells, corrections), shownGrid(store.state).columns);
  };

  next.addEventListener('click', () => {
    const cells = doubtful(store.state);
    if (!cells.length) actions.announce('No cell is doubtful.');
    else choose(cells.find((cell) => cell > (store.state.focus ?? -1)) ?? cells[0]);
  });
  other.addEventListener('click', () => setSign(store, store.state.focus, '?'));
  blank.addEventListener('click', () => setSign(store, store.state.focus, ''));
  back.addEventListener('click', () => giveBack(store, actions, store.state.focus));
  copyCsv.addEventListener('click', () => {
    const text = csv();
    if (text) copy(text, 'CSV');
  });
  saveCsv.addEventListener('click', () => {
    const text = csv();
    const name = store.state.history.present.picture?.name.replace(/\.\w+$/, '') ?? 'sheet';
    if (text) save(new Blob([text], { type: 'text/csv' }), `${name}.csv`);
  });
  store.subscribe((state, changed) => {
    if (!['answer', 'corrections', 'focus'].some((key) => changed.has(key))) return;
    const count = doubtful(state).length;
    next.textContent = count ? `Next doubtful cell (${count})` : 'Next doubtful cell';
    next.setAttribute('aria-disabled', String(!count));
    for (const button of [other, blank]) button.setAttribute('aria-disabled', String(state.focus === null || !state.answer));
    back.setAttribute('aria-disabled', String(!state.corrections.has(state.focus)));
  });
  return element('div', { class: 'takes', role: 'group', 'aria-label': 'The sheet' }, next, other, blank, back, copyCsv, saveCsv);
}

/** Offers to check a sheet of nine by nine as a sudoku; nothing is changed by it. */
function showCheck(store) {
  const button = element('button', { type: 'button', 'aria-pressed': 'false', 'data-testid': 'check-sudoku' }, 'Check as a sudoku');
  const result = element('p', { role: 'status', 'data-testid': 'sudoku-result' });
  const list = element('ul', { class: 'warnings', 'data-testid': 'sudoku-conflicts', 'aria-label': 'What stands twice' });
  const place = element('div', { class: 'check-sudoku' }, button, result, list);
  button.addEventListener('click', () => store.update({ isChecked: !store.state.isChecked }));
  store.subscribe((state, changed) => {
    if (!['answer', 'corrections', 'isChecked', 'history'].some((key) => changed.has(key))) return;
    const { answer, corrections, isChecked } = state;
    place.hidden = !isSudoku(shownGrid(state));
    button.setAttribute('aria-pressed', String(isChecked));
    const { words, cells } = isChecked && answer && !place.hidden ? sudokuConflicts(signsOf(answer.cells, corrections)) : { words: [], cells: new Set() };
    const found = cells.size ? `${cells.size} cells to look at.` : 'No digit stands twice in a row, a column or a box.';
    const said = isChecked && answer ? found : '';
    if (result.textContent !== said) result.textContent = said;
    list.replaceChildren(...words.map((line) => element('li', {}, line)));
  });
  return place;
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);
