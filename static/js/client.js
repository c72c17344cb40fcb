/**
 * Sends pictures to the service. Independent of the page.
 *
 * @typedef {{body: Uint8Array | Blob, type: string, url?: string}} RequestBody
 * @typedef {{kind: 'digit' | 'blank' | 'other', digit: number | null, confidence: number, probabilities: number[], ink_box: number[] | null}} CellAnswer
 * @typedef {{steps: number, layers: number, heads: number, rows: number, columns: number, weights: number[][][][]}} Attention
 * @typedef {[number, number][]} Corners clockwise from the upper left, pixels
 * @typedef {{found_by: string, rotation: number, cells: Corners[], sheet: Corners | null}} Layout
 * @typedef {object} Answer see /docs
 * @property {number} rows
 * @property {number} columns
 * @property {(number | null)[]} digits
 * @property {string} reading `_` is a blank, `?` ink that is no digit
 * @property {number} confidence
 * @property {CellAnswer[]} cells
 * @property {{digits: (number | null)[], reading: string, probability: number}[]} alternatives
 * @property {{code: string, detail: string, cells: number[]}[]} warnings
 * @property {Attention} [attention] for at most the reader's own grid
 * @property {string} [normal_form] likewise
 * @property {{polarity: string, grid_box: number[], cells: object[]}} [ink]
 * @property {Layout} [layout]
 * @property {{name: string, sha256: string}} model
 */

import { isOwn, isSheet } from './grid.js';

/** Explanations that the page asks for. A service that lacks one of them answers 422. */
export const EXPLAIN = ['attention', 'normal_form', 'ink', 'layout'];
export const PREDICT_URL = `/predict?${EXPLAIN.map((what) => `explain=${what}`).join('&')}&alternatives=3`;

const SHEET_EXPLAIN = 'explain=layout';

/**
 * Returns where a drawing on a grid, or a picture of one, is sent.
 * @param {import('./grid.js').Grid} grid
 * @param {boolean} isPicture
 */
export function predictUrl(grid, isPicture) {
  if (grid.isAuto && isPicture) return `${PREDICT_URL}&layout=auto`;
  if (isOwn(grid)) return PREDICT_URL;
  const size = `rows=${grid.rows}&columns=${grid.columns}`;
  return isSheet(grid) ? `/predict?${size}&${SHEET_EXPLAIN}` : `${PREDICT_URL}&${size}`;
}

/** A drawing is read when the pen has paused for this long, and at least this often while it moves. */
const PAUSE_MS = 100;
const MAX_WAIT_MS = 300;
/** A sheet takes longer to be read, and one stroke of it changes little: it is read less often. */
const SHEET_PACE = 3;
const TIMEOUT_MS = 10_000;
/** A large photograph gets more time, as for a slow line of 3 Mbit/s: bytes a millisecond. */
const SLOW_BYTES_PER_MS = 400;
const FIRST_RETRY_MS = 400;
const MAX_RETRY_MS = 8_000;
/** From a proxy without a server behind it, or a server that is starting, stopping or overloaded. */
const AWAY_STATUSES = new Set([502, 503, 504]);

/**
 * Reads a drawing as it changes. Answers never come out of order.
 *
 * Requests are numbered. A new request aborts the one before; an answer counts only while its
 * request is the newest.
 */
export class LiveReader {
  #parts;
  #number = 0;
  /** @type {AbortController | null} */
  #inFlight = null;
  #pauseTimer = 0;
  #maxWaitTimer = 0;
  #retryTimer = 0;
  #retryMs = FIRST_RETRY_MS;
  /** Nothing is sent until /readyz answers. */
  #isAway = false;
  /** What `onAway` was last called with. */
  #reportedAway = false;

  /**
   * @param {object} parts
   * @param {() => Promise<RequestBody> | null} parts.picture what to read now; null for a blank page
   * @param {(answer: Answer | null, penUpAt: number | null) => void} parts.onAnswer null: nothing to read
   * @param {(problem: {title: string, detail: string}) => void} parts.onProblem
   * @param {(isAway: boolean) => void} parts.onAway
   * @param {() => boolean} [parts.isSheet] what is read is larger than the reader's own grid
   * @param {typeof fetch} [parts.fetch]
   */
  constructor(parts) {
    this.#parts = { fetch: (...call) => fetch(...call), ...parts };
  }

  /** The drawing is changing: reads it once the pen rests. */
  readSoon() {
    clearTimeout(this.#pauseTimer);
    const pace = this.#parts.isSheet?.() ? SHEET_PACE : 1;
    this.#pauseTimer = setTimeout(() => this.readNow(), pace * PAUSE_MS);
    this.#maxWaitTimer ||= setTimeout(() => this.readNow(), pace * MAX_WAIT_MS);
  }

  /**
   * Reads the drawing now.
   * @param {number | null} penUpAt when the pen went up, if that is why
   */
  async readNow(penUpAt = null) {
    this.#clearTimers();
    const number = ++this.#number;
    this.#inFlight?.abort();
    this.#inFlight = null;
    const { fetch, onAnswer, onProblem } = this.#parts;
    const picture = this.#parts.picture();
    if (picture === null) {
      if (!this.#isAway) this.#markBack();
      onAnswer(null, null);
      return;
    }
    if (this.#isAway) {
      this.#scheduleRetry(FIRST_RETRY_MS);
      return;
    }
    const controller = (this.#inFlight = new AbortController());
    let deadline = 0;
    try {
      const { body, type, url = PREDICT_URL } = await picture;
      if (number !== this.#number) return;
      const bytes = body instanceof Blob ? body.size : body.length;
      deadline = setTimeout(() => controller.abort(), TIMEOUT_MS + bytes / SLOW_BYTES_PER_MS);
      const headers = { 'Content-Type': type };
      const response = await fetch(url, { method: 'POST', body, headers, signal: controller.signal });
      if (AWAY_STATUSES.has(response.status)) throw new Error(`status ${response.status}`);
      const content = response.ok ? await response.json() : await readProblem(response);
      if (number !== this.#number) return;
      this.#markBack();
      if (response.ok) onAnswer(content, penUpAt);
      else onProblem(content);
    } catch {
      // Aborted by a newer request, or there is no server.
      if (number === this.#number) this.#markAway();
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Asks at once whether the server is back, for when the browser says that the network is. */
  retryNow() {
    if (this.#isAway) this.#scheduleRetry(0);
  }

  #clearTimers() {
    clearTimeout(this.#pauseTimer);
    clearTimeout(this.#maxWaitTimer);
    this.#pauseTimer = this.#maxWaitTimer = 0;
  }

  #markAway() {
    this.#isAway = true;
    if (!this.#reportedAway) {
      this.#reportedAway = true;
      this.#parts.onAway(true);
    }
    this.#scheduleRetry(this.#retryMs);
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 1.6);
  }

  #markBack() {
    this.#retryMs = FIRST_RETRY_MS;
    if (!this.#reportedAway) return;
    this.#reportedAway = false;
    this.#parts.onAway(false);
  }

  #scheduleRetry(milliseconds) {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#checkReady(), milliseconds);
  }

  async #checkReady() {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await this.#parts.fetch('/readyz', { cache: 'no-store', signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
    } catch {
      this.#markAway();
      return;
    }
    this.#isAway = false;
    this.readNow();
  }
}

/** Returns why a request was refused; the answer may be a proxy's, in HTML or in JSON of its own. */
async function readProblem(response) {
  const said = await response.json().catch(() => null);
  if (typeof said?.title === 'string' && typeof said.detail === 'string') return said;
  const { status } = response;
  const why = status === 413 ? 'it is too large' : 'no reason was given';
  return { title: 'The picture was refused', detail: `${why} (status ${status}, from what stands before the service).` };
}
