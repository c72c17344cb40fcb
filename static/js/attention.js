/**
 * Where the decoder looked, from the answer's figures.
 *
 * @typedef {import('./client.js').Attention} Attention
 * @typedef {number | 'mean'} Choice of a layer or a head
 */

/**
 * Returns the weights of one step, patch by patch; they add up to 1.
 * @param {Attention} attention
 * @param {number} step
 * @param {Choice} layer
 * @param {Choice} head
 * @returns {number[]}
 */
export function weightsOf(attention, step, layer, head) {
  const layers = pick(attention.weights[step], layer);
  return mean(layers.map((heads) => mean(pick(heads, head))));
}

/**
 * Returns the greatest weight of any step, so that all steps can be shown on one scale.
 * @param {Attention} attention
 * @param {Choice} layer
 * @param {Choice} head
 */
export function peakOf(attention, layer, head) {
  const steps = attention.weights.map((_, step) => Math.max(...weightsOf(attention, step, layer, head)));
  return Math.max(...steps, 1e-6);
}

/**
 * Returns where the patches stand in the picture that was sent, as shares of it.
 * @param {import('./client.js').Answer} answer
 * @param {{width: number, height: number} | null} size of the picture, in pixels
 * @returns {[x0: number, y0: number, x1: number, y1: number]}
 */
export function gridShares(answer, size) {
  const box = answer.ink?.grid_box;
  if (!box || !size) return [0, 0, 1, 1];
  return [box[0] / size.width, box[1] / size.height, box[2] / size.width, box[3] / size.height];
}

function pick(list, choice) {
  // A model served later may have fewer layers or heads than the one chosen for.
  return choice === 'mean' || choice >= list.length ? list : [list[choice]];
}

function mean(lists) {
  return lists[0].map((_, i) => lists.reduce((sum, list) => sum + list[i], 0) / lists.length);
}
