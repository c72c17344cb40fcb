/**
 * Grids: how many rows and columns of cells there are.
 *
 * @typedef {{rows: number, columns: number, isAuto?: boolean}} Grid with isAuto, those of an opened
 *   picture are found out by the service; a drawing has the cells of the pad
 */

/** What the reader reads at once. Larger grids are sheets. @type {Grid} */
export const OWN_GRID = Object.freeze({ rows: 2, columns: 2 });
/** Cells along one side, and cells in all, that the service reads at most. */
export const MAX_SIDE = 64;
export const MAX_CELLS = 1024;

/** Grids to choose from. @type {Grid[]} */
export const GRIDS = [[2, 2], [1, 1], [1, 4], [3, 3], [4, 4], [9, 9]].map(([rows, columns]) => ({ rows, columns }));

const QUARTERS = ['top left', 'top right', 'bottom left', 'bottom right'];

/** @param {Grid} grid */
export const numCells = ({ rows, columns }) => rows * columns;

/**
 * Says whether a grid has more rows or columns than the reader's own.
 * @param {Grid} grid
 */
export const isSheet = ({ rows, columns }) => rows > OWN_GRID.rows || columns > OWN_GRID.columns;

/** @param {Grid} grid */
export const isOwn = ({ rows, columns }) => rows === OWN_GRID.rows && columns === OWN_GRID.columns;

/** Says whether two grids have the same cells. @param {Grid} a @param {Grid} b */
export const hasSameCells = (a, b) => a.rows === b.rows && a.columns === b.columns;

/**
 * Says whether two choices of a grid are the same.
 * @param {Grid} a
 * @param {Grid} b
 */
export const isSameChoice = (a, b) => hasSameCells(a, b) && Boolean(a.isAuto) === Boolean(b.isAuto);

/**
 * Returns the side of a cell in pad units: the longer side of a grid is 1.
 * @param {Grid} grid
 */
export const cellSide = ({ rows, columns }) => 1 / Math.max(rows, columns);

/**
 * Returns width and height in pad units.
 * @param {Grid} grid
 * @returns {[number, number]}
 */
export const extent = (grid) => [grid.columns * cellSide(grid), grid.rows * cellSide(grid)];

/**
 * Returns how much wider than on the reader's own grid a cell is: lengths that belong to a digit
 * are multiplied by it.
 * @param {Grid} grid
 */
export const scaleOf = (grid) => 2 * cellSide(grid);

/** Returns a grid in words. @param {Grid} grid */
export const gridText = (grid) => `${grid.rows} by ${grid.columns} ${numCells(grid) === 1 ? 'cell' : 'cells'}`;

/** Returns a grid as a word of the page's code, such as `9x9`. @param {Grid} grid */
export const gridCode = ({ rows, columns }) => `${rows}x${columns}`;

/**
 * Returns the name of a cell.
 * @param {number} cell
 * @param {Grid} grid
 */
export function cellName(cell, grid) {
  if (isOwn(grid)) return QUARTERS[cell];
  if (numCells(grid) === 1) return 'the cell';
  return `row ${Math.floor(cell / grid.columns) + 1}, column ${(cell % grid.columns) + 1}`;
}

/**
 * Returns a grid of numbers as people write them, or null where there is none of that size.
 * @param {string | number} rows
 * @param {string | number} columns
 * @returns {Grid | null}
 */
export function parseGrid(rows, columns) {
  const grid = { rows: Number(rows), columns: Number(columns) };
  const isRight = [grid.rows, grid.columns].every((count) => Number.isInteger(count) && count >= 1 && count <= MAX_SIDE);
  return isRight && numCells(grid) <= MAX_CELLS ? grid : null;
}

/**
 * Returns a cell in words that can follow "in".
 * @param {number} cell
 * @param {Grid} grid
 */
export const cellPhrase = (cell, grid) => (isOwn(grid) ? `the ${cellName(cell, grid)} cell` : cellName(cell, grid));
