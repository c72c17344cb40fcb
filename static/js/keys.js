/** The keyboard: what each key does, and the list of it. */

import { element } from './elements.js';

const STEP = 0.01;
const BIG_STEP = 0.05;
/** Fields in which single keys have a meaning of their own. */
const FIELDS = 'input:not([type=range], [type=file]), select, textarea';
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Listens to keys.
 *
 * Single keys work outside fields; a setting limits them to the pad, since they disturb users of
 * speech input (WCAG 2.1.4).
 * @param {HTMLElement} pad
 * @param {import('./state.js').Store} store
 * @param {ReturnType<typeof import('./actions.js').createActions>} actions
 * @param {Record<string, () => void>} shortcuts further ones by key: open, play, share, …
 */
export function listenToKeys(pad, store, actions, shortcuts) {
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const single = {
    e: actions.toggleErase,
    n: (event) => actions.changeCell(event.shiftKey ? -1 : 1),
    '+': actions.wider,
    '=': actions.wider,
    '-': actions.narrower,
    delete: (event) => (event.shiftKey ? actions.clear() : actions.clearCell()),
    backspace: (event) => (event.shiftKey ? actions.clear() : actions.clearCell()),
    s: actions.nextStep,
    escape: actions.escape,
    ...shortcuts,
  };

  // Each returns whether it handled the key.
  const withControl = (event, key) => {
    if (key !== 'z' && key !== 'y') return false;
    if (key === 'y' || event.shiftKey) actions.redo();
    else actions.undo();
    return true;
  };
  const withoutControl = (event, key) => {
    if (/^[0-9]$/.test(key)) actions.placeDigit(Number(key));
    else if (single[key]) single[key](event);
    else return false;
    return true;
  };
  const onPad = (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? BIG_STEP : STEP;
      actions.movePen(arrow[0] * step, arrow[1] * step, event.timeStamp);
    } else if (event.key === ' ' || event.key === 'Enter') {
      if (!event.repeat) actions.togglePen(event.timeStamp);
    } else return false;
    return true;
  };

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    const isOnPad = event.target === pad;
    if (event.target instanceof Element && event.target.matches(FIELDS)) return;
    const key = event.key.toLowerCase();
    let isDone = false;
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      isDone = withControl(event, key);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
      isDone = (isOnPad && onPad(event)) || ((isOnPad || store.state.hasSingleKeys) && withoutControl(event, key));
    }
    if (isDone) event.preventDefault();
  });

  pad.addEventListener('focus', () => {
    if (pad.matches(':focus-visible')) store.update({ pen: { ...store.state.pen, isShown: true } });
  });
  pad.addEventListener('blur', () => {
    actions.penUp();
    store.update({ pen: { ...store.state.pen, isShown: false } });
  });
}

const SHORTCUTS = [
  [['0 – 9'], 'draw that digit in the marked cell and go to the next'],
  [['←', '→', '↑', '↓'], 'on the pad: move the pen; with Shift in bigger steps'],
  [['Space', 'Enter'], 'on the pad: pen down, pen up'],
  [['N', 'Shift N'], 'next cell, the cell before'],
  [['Ctrl Z'], 'undo'],
  [['Ctrl Shift Z', 'Ctrl Y'], 'redo'],
  [['E'], 'erase a stroke, or draw again'],
  [['Delete'], 'clear the marked cell; with Shift all'],
  [['+', '−'], 'wider pen, narrower pen'],
  [['O'], 'open a picture'],
  [['S'], 'show the next step of where it looked'],
  [['P'], 'play the steps'],
  [['Esc'], 'lift the pen; hide where it looked'],
  [['L', 'J', 'K'], 'copy link, JSON, curl command'],
  [['D'], 'download as PNG'],
  [['?'], 'this list'],
];

/**
 * Fills the list of shortcuts.
 * @param {HTMLElement} list
 */
export function listShortcuts(list) {
  for (const [keys, words] of SHORTCUTS) {
    const caps = keys.flatMap((key, i) => [i ? ' ' : '', element('kbd', {}, key)]);
    list.append(element('dt', {}, ...caps), element('dd', {}, words));
  }
}
