/**
 * Asks the service. Knows nothing of the page.
 *
 * @typedef {{body: Uint8Array | Blob, type: string}} Sent
 * @typedef {{digit: number | null, confidence: number, probabilities: number[], ink_box: number[] | null}} CellAnswer
 * @typedef {{steps: number, layers: number, heads: number, rows: number, columns: number, weights: number[][][][]}} Attention
 * @typedef {object} Answer see /docs
 * @property {(number | null)[]} digits
 * @property {string} reading
 * @property {number} confidence
 * @property {CellAnswer[]} cells
 * @property {{digits: (number | null)[], probability: number}[]} alternatives
 * @property {{code: string, detail: string}[]} warnings
 * @property {Attention} [attention]
 * @property {string} [normal_form]
 * @property {{polarity: string, grid_box: number[], cells: object[]}} [ink]
 * @property {{name: string, sha256: string}} model
 */

/** What the page asks to have explained. A service that knows less refuses with 422. */
export const EXPLAIN = ['attention', 'normal_form', 'ink'];
export const PREDICT = `/predict?${EXPLAIN.map((what) => `explain=${what}`).join('&')}&alternatives=3`;

/** The pen rests for so long before what is drawn so far is read; and it is read at least so often. */
const REST_MS = 100;
const LONGEST_WAIT_MS = 300;
const TIMEOUT_MS = 10_000;
/** A photograph sent over a slow line takes longer: 3 Mbit/s, in bytes a millisecond. */
const SLOW_LINE = 400;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 8_000;
/** A proxy without a server behind it, or a server that is starting, stopping or overloaded. */
const AWAY_STATUSES = new Set([502, 503, 504]);

/**
 * Reads a drawing as it changes: always the newest, never an older answer after a newer one.
 *
 * Each question has a number. A new question ends the one before; an answer counts only while its
 * question is the newest.
 */
export class LiveReader {
  #parts;
  #number = 0;
  /** @type {AbortController | null} */
  #underWay = null;
  #rest = 0;
  #longest = 0;
  #retry = 0;
  #retryMs = FIRST_RETRY_MS;
  /** Nothing is asked until /readyz answers. */
  #isAway = false;
  /** What the page was told last; it is back once a question is answered. */
  #saidAway = false;

  /**
   * @param {object} parts
   * @param {() => Promise<Sent> | null} parts.picture what to read now; null for a blank page
   * @param {(answer: Answer | null, penUpAt: number | null) => void} parts.onAnswer null: nothing to read
   * @param {(problem: {title: string, detail: string}) => void} parts.onProblem
   * @param {(isAway: boolean) => void} parts.onAway
   * @param {typeof fetch} [parts.fetch]
   */
  constructor(parts) {
    this.#parts = { fetch: (...call) => fetch(...call), ...parts };
  }

  /** The drawing is changing: reads it once the pen rests. */
  soon() {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.now(), REST_MS);
    this.#longest ||= setTimeout(() => this.now(), LONGEST_WAIT_MS);
  }

  /**
   * Reads the drawing now.
   * @param {number | null} penUpAt when the pen went up, if that is why
   */
  async now(penUpAt = null) {
    this.#forgetTimers();
    const number = ++this.#number;
    this.#underWay?.abort();
    this.#underWay = null;
    const { fetch, onAnswer, onProblem } = this.#parts;
    const picture = this.#parts.picture();
    if (picture === null) {
      if (!this.#isAway) this.#sayBack();
      onAnswer(null, null);
      return;
    }
    if (this.#isAway) {
      this.#retrySoon(FIRST_RETRY_MS);
      return;
    }
    const controller = (this.#underWay = new AbortController());
    let deadline = 0;
    try {
      const { body, type } = await picture;
      if (number !== this.#number) return;
      const bytes = body instanceof Blob ? body.size : body.length;
      deadline = setTimeout(() => controller.abort(), TIMEOUT_MS + bytes / SLOW_LINE);
      const headers = { 'Content-Type': type };
      const response = await fetch(PREDICT, { method: 'POST', body, headers, signal: controller.signal });
      if (AWAY_STATUSES.has(response.status)) throw new Error(`status ${response.status}`);
      const content = response.ok ? await response.json() : await problemOf(response);
      if (number !== this.#number) return;
      this.#sayBack();
      if (response.ok) onAnswer(content, penUpAt);
      else onProblem(content);
    } catch {
      // Ended by a newer question, or there is no server.
      if (number === this.#number) this.#goAway();
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Something says that the network is back: looks at once. */
  nudge() {
    if (this.#isAway) this.#retrySoon(0);
  }

  #forgetTimers() {
    clearTimeout(this.#rest);
    clearTimeout(this.#longest);
    this.#rest = this.#longest = 0;
  }

  #goAway() {
    this.#isAway = true;
    if (!this.#saidAway) {
      this.#saidAway = true;
      this.#parts.onAway(true);
    }
    this.#retrySoon(this.#retryMs);
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 1.6);
  }

  #sayBack() {
    this.#retryMs = FIRST_RETRY_MS;
    if (!this.#saidAway) return;
    this.#saidAway = false;
    this.#parts.onAway(false);
  }

  #retrySoon(milliseconds) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#look(), milliseconds);
  }

  async #look() {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await this.#parts.fetch('/readyz', { cache: 'no-store', signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
    } catch {
      this.#goAway();
      return;
    }
    this.#isAway = false;
    this.now();
  }
}

/** Returns why a question was refused; a proxy before the service may say so in HTML, or in JSON of its own. */
async function problemOf(response) {
  const said = await response.json().catch(() => null);
  if (typeof said?.title === 'string' && typeof said.detail === 'string') return said;
  const { status } = response;
  const why = status === 413 ? 'it is too large' : 'no reason was given';
  return { title: 'The picture was refused', detail: `${why} (status ${status}, from what stands before the service).` };
}
