/**
 * Cividis: a colour map from dark blue to yellow that looks the same with and without colour
 * blindness, and whose lightness grows evenly.
 *
 * Reference: Nuñez, Anderton, Renslow: Optimizing colormaps with consideration for color vision
 * deficiency (PLOS ONE, 2018). Seventeen of its colours; those between are mixed.
 */
const STOPS = [
  [0, 34, 78], [0, 46, 106], [26, 56, 111], [50, 67, 109], [67, 78, 108], [83, 90, 109],
  [97, 101, 111], [111, 112, 115], [125, 124, 120], [140, 136, 120], [155, 148, 118],
  [171, 160, 114], [188, 174, 108], [205, 187, 99], [222, 201, 88], [240, 216, 70], [254, 232, 56],
];

/**
 * Returns the colour of a value.
 * @param {number} value from 0 to 1; what is beyond has the colour of the end
 * @returns {string}
 */
export function colourAt(value) {
  const place = Math.min(1, Math.max(0, value || 0)) * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(place));
  const mixed = STOPS[below].map((from, i) => Math.round(from + (STOPS[below + 1][i] - from) * (place - below)));
  return `rgb(${mixed.join(', ')})`;
}
