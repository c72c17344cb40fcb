/** Shows the answer: each digit by its cell, and the reading as a whole. */

import { element, iconOf } from './elements.js';
import { cellName, hasSameCells, isSheet, numCells } from './grid.js';
import { gridOf, isBlank } from './history.js';
import {
  cellText, confidenceText, percent, problemText, readingText, runnerUp, warningText,
} from './messages.js';
import { shownGrid } from './state.js';
import { cellsCrossed } from './strokes.js';

const AWAY = 'The server is away. Your drawing is kept, and is read as soon as it is back.';
const READING = 'Reading…';
/** Of cells without a digit. */
const SIGNS = { blank: '–', other: '?' };
/** How long a note is kept: time to see it, or to have it read out. */
const NOTE_MS = 2500;

/**
 * Makes the answers beside the pad, those of the first row above it and those of the second below; a
 * sheet has none there.
 * @param {HTMLElement} top
 * @param {HTMLElement} bottom
 * @param {import('./state.js').Store} store
 * @param {(step: number) => void} onChoose
 */
export function showAnswers(top, bottom, store, onChoose) {
  let shown = null;
  let answers = [];
  const make = (cell, { columns }) => {
    const digit = element('span', { class: 'digit', 'data-testid': `digit-${cell}` });
    const confidence = element('span', { class: 'confidence', 'data-testid': `confidence-${cell}` });
    const level = element('span');
    const runner = element('span', { class: 'runner-up', 'data-testid': `runner-up-${cell}` });
    const bar = element('span', { class: 'bar' }, level);
    const facts = element('span', { class: 'facts' }, confidence, bar, runner);
    const button = element('button', { class: 'answer', type: 'button', 'data-testid': `cell-${cell}` }, digit, facts);
    button.addEventListener('click', () => onChoose(cell));
    previewOnHover(button, store, cell);
    (cell < columns ? top : bottom).append(button);
    return { button, digit, confidence, level, runner };
  };

  store.subscribe((state, changed) => {
    const grid = shownGrid(state);
    const isOther = !shown || !hasSameCells(shown, grid);
    if (isOther) {
      shown = grid;
      for (const place of [top, bottom]) {
        place.replaceChildren();
        place.style.setProperty('--columns', String(grid.columns));
      }
      answers = isSheet(grid) ? [] : Array.from({ length: numCells(grid) }, (_, cell) => make(cell, grid));
    }
    if (isOther || changed.has('answer')) {
      const isUnsure = unsureCells(state);
      answers.forEach((parts, cell) => fill(parts, state.answer?.cells[cell], cellName(cell, grid), isUnsure[cell]));
    }
    if (isOther || changed.has('step') || changed.has('previewStep')) {
      answers.forEach(({ button }, cell) => {
        button.setAttribute('aria-pressed', String(state.step === cell));
        button.classList.toggle('is-shown', (state.previewStep ?? state.step) === cell);
      });
    }
  });
}

/**
 * Previews a step while its button is pointed at or has the focus.
 * @param {HTMLElement} button
 * @param {import('./state.js').Store} store
 * @param {number} step
 */
export function previewOnHover(button, store, step) {
  const leave = () => {
    if (store.state.previewStep === step && !store.state.isPlaying) store.update({ previewStep: null });
  };
  button.addEventListener('pointerenter', (event) => {
    if (event.pointerType === 'mouse') store.update({ previewStep: step });
  });
  button.addEventListener('pointerleave', leave);
  button.addEventListener('focus', () => {
    if (button.matches(':focus-visible')) store.update({ previewStep: step });
  });
  button.addEventListener('blur', leave);
}

/**
 * Returns for each cell whether its answer is doubtful: a warning names it, or a stroke that crosses
 * the divider touches it, however sure the reader is. That its ink is
 * no digit is an answer and no doubt.
 * @param {import('./state.js').State} state
 */
export function unsureCells({ answer, answeredDrawing }) {
  const isCrossed = cellsCrossed(answeredDrawing?.strokes ?? [], gridOf(answeredDrawing));
  const doubts = (answer?.warnings ?? []).filter(({ code }) => code !== 'not_a_digit');
  const warned = new Set(doubts.flatMap(({ cells }) => cells));
  return (answer?.cells ?? []).map((_, cell) => warned.has(cell) || isCrossed[cell]);
}

function fill({ button, digit, confidence, level, runner }, cell, name, isUnsure) {
  digit.textContent = cell?.digit ?? '';
  button.dataset.state = cell?.kind ?? 'none';
  button.dataset.sure = isUnsure ? 'no' : 'yes';
  if (!cell) {
    confidence.textContent = runner.textContent = '';
    level.style.transform = 'scaleX(0)';
    button.setAttribute('aria-label', `${name}: nothing read yet`);
    return;
  }
  const second = runnerUp(cell.probabilities);
  const sure = percent(cell.confidence);
  confidence.replaceChildren(sure);
  if (cell.kind !== 'digit') confidence.prepend(element('span', { class: 'kind-word' }, `${cellText(cell)} `));
  if (isUnsure) confidence.append(element('span', { class: 'unsure-word' }, ' unsure'));
  level.style.transform = `scaleX(${cell.confidence})`;
  runner.replaceChildren(`or ${cellText(second)}, `, element('span', {}, percent(second.probability)));
  button.setAttribute(
    'aria-label',
    `${name}: ${cellText(cell)}, ${sure}${isUnsure ? ', unsure' : ''}, ${runner.textContent}. Show where it looked`,
  );
}

/**
 * Shows the whole reading, its confidence, warnings and other readings.
 * @param {Record<'reading' | 'confidence' | 'warnings' | 'alternatives', HTMLElement>} parts
 * @param {import('./state.js').Store} store
 */
export function showReading(parts, store) {
  store.subscribe((state, changed) => {
    const { answer, problem, isAway, history, liveStroke } = state;
    const isNothingThere = isBlank(history.present) && !liveStroke;
    const unread = isNothingThere ? 'Nothing drawn yet.' : problem || isAway ? '' : READING;
    const grid = shownGrid(state);
    const confidence = answer ? confidenceText(answer.confidence, grid) : unread;
    parts.reading.hidden = isSheet(grid);
    if (parts.confidence.textContent !== confidence) parts.confidence.textContent = confidence;
    if (!changed.has('answer') && !changed.has('problem')) return;
    const isUnsure = unsureCells(state);
    parts.reading.replaceChildren(
      ...(isSheet(grid) ? [] : (answer?.cells ?? [])).map((cell, number) => {
        const look = isUnsure[number] ? 'is-unsure' : '';
        if (cell.kind === 'digit') return element('span', { class: look }, String(cell.digit));
        const sign = { class: `is-${cell.kind} ${look}`, 'aria-label': cellText(cell), role: 'img' };
        return element('span', sign, SIGNS[cell.kind]);
      }),
    );
    const said = problem ? [problemText(problem)] : [...warningsOf(state)];
    parts.warnings.replaceChildren(...said.map((words) => element('li', {}, iconOf('warning'), element('span', {}, words))));
    parts.alternatives.replaceChildren(
      ...(isSheet(grid) ? [] : (answer?.alternatives ?? [])).map(({ reading, probability }) =>
        element('li', {}, 'or ', element('b', {}, reading.replaceAll('_', SIGNS.blank)), ` ${percent(probability)}`),
      ),
    );
  });
}

/** Returns warnings in words, except those of one code; adds that of strokes that cross the divider. */
function warningsOf(state, but = null) {
  const { answer, answeredDrawing } = state;
  if (!answer) return new Set();
  const warnings = answer.warnings.filter(({ code }) => code !== but);
  if (cellsCrossed(answeredDrawing?.strokes ?? [], gridOf(answeredDrawing)).includes(true)) warnings.push({ code: 'ink_across_divider' });
  return new Set(warnings.map((warning) => warningText(warning, shownGrid(state))));
}

/**
 * Shows notes in the status line and, once the pen is up, what was read. A reading that comes while
 * a note is shown waits until the note has had its time.
 * @param {HTMLElement} status
 * @param {HTMLElement} offline
 * @param {import('./state.js').Store} store
 * @param {number} noteMs
 */
export function showStatus(status, offline, store, noteMs = NOTE_MS) {
  let fresh = 0;
  let waiting = null;

  const say = (words, says) => {
    if (status.textContent !== words) status.textContent = words;
    status.dataset.says = says;
  };
  const note = (words) => {
    say(words, 'note');
    clearTimeout(fresh);
    fresh = setTimeout(() => {
      fresh = 0;
      say(waiting ?? words, 'reading');
      waiting = null;
    }, noteMs);
  };
  const tell = (words) => {
    if (fresh) waiting = words;
    else say(words, 'reading');
  };

  store.subscribe((state, changed) => {
    const { answer, problem, isAway, history, liveStroke } = state;
    if (changed.has('isAway')) {
      offline.hidden = !isAway;
      offline.textContent = isAway ? AWAY : '';
    }
    if (changed.has('note') && state.note) note(state.note.words);
    if (!['answer', 'problem', 'isAway'].some((key) => changed.has(key))) return;
    if (problem) tell(problemText(problem));
    else if (!answer) tell(isAway || isBlank(history.present) ? '' : READING);
    else if (!liveStroke) {
      tell([readingText(answer, unsureCells(state), shownGrid(state)), ...warningsOf(state, 'low_confidence')].join(' '));
    }
  });
}
