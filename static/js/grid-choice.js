/** The choice of a grid: one of the list, numbers of one's own, or to be found out in a picture. */

import { GRIDS, gridCode, parseGrid } from './grid.js';
import { gridOf } from './history.js';

const OWN = 'own';
const AUTO = 'auto';

/**
 * @param {{choice: HTMLSelectElement, own: HTMLElement, rows: HTMLInputElement, columns: HTMLInputElement}} parts
 *   `own` holds the fields for rows and columns
 * @param {import('./state.js').Store} store
 * @param {ReturnType<typeof import('./actions.js').createActions>} actions
 */
export function connectGridChoice({ choice, own, rows, columns }, store, actions) {
  const known = GRIDS.map(gridCode);
  choice.append(
    ...known.map((code) => new Option(code.replace('x', '×'), code)),
    new Option('own numbers', OWN),
    new Option('find out', AUTO),
  );
  /** Somebody asked for the fields, though the grid may still be one of the list. */
  let isOwn = false;

  const takeNumbers = () => {
    const grid = parseGrid(rows.value, columns.value);
    if (grid) actions.chooseGrid(grid);
    else actions.announce('Expected 1 to 64 rows and columns, and at most 1,024 cells.');
    for (const field of [rows, columns]) field.setAttribute('aria-invalid', String(!grid));
  };
  choice.addEventListener('change', () => {
    isOwn = choice.value === OWN;
    const before = gridOf(store.state.history.present);
    if (isOwn) {
      own.hidden = false;
      actions.chooseGrid({ rows: before.rows, columns: before.columns });
      rows.focus();
    } else if (choice.value === AUTO) actions.chooseGrid({ ...before, isAuto: true });
    else actions.chooseGrid(GRIDS[known.indexOf(choice.value)]);
    own.hidden = !isOwn;
  });
  for (const field of [rows, columns]) field.addEventListener('change', takeNumbers);

  store.subscribe(({ history }, changed) => {
    if (!changed.has('history')) return;
    const grid = gridOf(history.present);
    const isListed = known.includes(gridCode(grid));
    choice.value = grid.isAuto ? AUTO : isOwn || !isListed ? OWN : gridCode(grid);
    own.hidden = choice.value !== OWN;
    if (document.activeElement !== rows) rows.value = String(grid.rows);
    if (document.activeElement !== columns) columns.value = String(grid.columns);
  });
}
