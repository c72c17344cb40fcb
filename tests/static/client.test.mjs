import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { LiveReader, PREDICT_URL } from '../../static/js/client.js';
import { stopClock } from './clock.mjs';

/** Waits until something is so; a busy machine takes its time. */
async function until(isSo) {
  for (const end = Date.now() + 120_000; !isSo() && Date.now() < end; ) await sleep(2);
  assert.ok(isSo(), String(isSo));
}

/** A reader whose service answers each question with its body, after a time that the test says. */
function setUp(delays) {
  const seen = { answers: [], problems: [], away: [], asked: 0, isUp: true, page: 0 };
  const fetch = async (url, { signal } = {}) => {
    if (!seen.isUp) throw new TypeError('no connection');
    if (url === '/readyz') return new Response('{}');
    const body = seen.page;
    await sleep(delays[seen.asked++ % delays.length], null, { signal });
    return Response.json({ reading: body });
  };
  const reader = new LiveReader({
    picture: () => (seen.page === null ? null : Promise.resolve({ body: new Uint8Array(), type: 'image/png' })),
    onAnswer: (answer) => seen.answers.push(answer?.reading ?? null),
    onProblem: (problem) => seen.problems.push(problem),
    onAway: (isAway) => seen.away.push(isAway),
    fetch,
  });
  return { reader, seen };
}

test('an older answer never comes after a newer one, and the last is always read', async () => {
  const { reader, seen } = setUp([30, 5, 20, 1, 12]);
  const questions = [];
  for (let page = 1; page <= 60; page++) {
    seen.page = page;
    questions.push(reader.readNow());
    await sleep(page % 7);
  }
  await Promise.all(questions);
  assert.deepEqual(seen.answers, [...seen.answers].sort((a, b) => a - b));
  assert.equal(seen.answers.at(-1), 60);
  assert.deepEqual(seen.away, []);
});

test('a moving pen is read when it rests, and now and then before', async () => {
  const { reader, seen } = setUp([1]);
  const start = Date.now();
  for (let move = 0; move < 50; move++) {
    reader.readSoon();
    await sleep(10);
  }
  const asked = seen.asked;
  assert.ok(asked >= 1 && asked <= (Date.now() - start) / 100, String(asked));
  await until(() => seen.asked > asked);
});

test('a sheet is read less often while it is drawn', (t) => {
  const pass = stopClock(t);
  const questionsWhileDrawn = (isSheet) => {
    let questions = 0;
    const picture = () => {
      questions += 1;
      return null;
    };
    const reader = new LiveReader({ picture, isSheet: () => isSheet, onAnswer() {}, onProblem() {}, onAway() {} });
    for (let move = 0; move < 100; move++) {
      reader.readSoon();
      pass(20);
    }
    return questions;
  };
  const [own, sheet] = [false, true].map(questionsWhileDrawn);
  assert.ok(own >= 6, String(own));
  assert.ok(sheet >= 1 && sheet <= own / 2, String(sheet));
});

test('a blank page asks nothing and takes the answer away, one under way included', async () => {
  const { reader, seen } = setUp([100_000]);
  seen.page = 1;
  const question = reader.readNow();
  await until(() => seen.asked);
  seen.page = null;
  reader.readNow();
  await question;
  assert.deepEqual(seen.answers, [null]);
});

test('a server that went away is found again, and the drawing is read then', async () => {
  const { reader, seen } = setUp([1]);
  seen.page = 7;
  seen.isUp = false;
  await reader.readNow();
  assert.deepEqual(seen.away, [true]);
  seen.isUp = true;
  seen.page = 8;
  await until(() => seen.answers.length);
  assert.deepEqual(seen.away, [true, false]);
  assert.deepEqual(seen.answers, [8]);
});

/** Makes timers a thousand times as fast for one test, and returns the times that were asked for. */
function hurry(t) {
  const { setTimeout: real } = globalThis;
  const asked = [];
  globalThis.setTimeout = (run, milliseconds) => {
    asked.push(milliseconds);
    return real(run, milliseconds / 1000);
  };
  t.after(() => {
    globalThis.setTimeout = real;
  });
  return asked;
}

test('while the server is away the page looks less and less often, and often again the next time', async (t) => {
  const { reader, seen } = setUp([1]);
  const asked = hurry(t);
  seen.isUp = false;
  await reader.readNow();
  await until(() => asked.filter((milliseconds) => milliseconds === 8_000).length > 1);
  const pauses = asked.filter((milliseconds) => milliseconds < 10_000);
  assert.equal(pauses[0], 400);
  pauses.slice(1).forEach((pause, i) => assert.ok(pause > pauses[i] || pause === 8_000, String(pauses)));
  assert.deepEqual(seen.away, [true]);

  seen.isUp = true;
  await until(() => seen.answers.length);
  assert.deepEqual(seen.away, [true, false]);
  seen.isUp = false;
  asked.length = 0;
  await reader.readNow();
  assert.equal(asked.find((milliseconds) => milliseconds < 10_000), 400);
  seen.isUp = true;
  await until(() => seen.answers.length > 1);
});

test('the network coming back is a reason to look at once', async (t) => {
  const pass = stopClock(t);
  const { reader, seen } = setUp([1]);
  seen.isUp = false;
  await reader.readNow();
  seen.isUp = true;
  reader.retryNow();
  pass(1); // not the pause of 400 ms
  await until(() => seen.answers.length);
  assert.deepEqual(seen.away, [true, false]);
});

/** A reader whose requests are all answered in one way; once it is away it hears nothing more. */
function answeredBy(answer) {
  const seen = { answers: [], problems: [], away: [], asked: [] };
  const reader = new LiveReader({
    picture: () => Promise.resolve({ body: new Uint8Array(), type: 'image/png' }),
    onAnswer: (one) => seen.answers.push(one),
    onProblem: (problem) => seen.problems.push(problem),
    onAway: (isAway) => seen.away.push(isAway),
    fetch: async (url) => {
      seen.asked.push(url);
      return url === '/readyz' ? new Promise(() => {}) : answer();
    },
  });
  return { reader, seen };
}

const HTML = { 'Content-Type': 'text/html' };

for (const status of [502, 503, 504]) {
  test(`${status}, in whatever form, counts as a server that is away`, async (t) => {
    hurry(t);
    for (const body of ['<h1>Sorry</h1>', '{"title": "Busy", "detail": "Too many at once."}']) {
      const { reader, seen } = answeredBy(() => new Response(body, { status, headers: HTML }));
      await reader.readNow();
      assert.deepEqual(seen, { answers: [], problems: [], away: [true], asked: [PREDICT_URL] });
    }
  });
}

test('a page in place of an answer, as a network that wants a login gives, counts as away too', async (t) => {
  hurry(t);
  const { reader, seen } = answeredBy(() => new Response('<h1>Log in</h1>', { headers: HTML }));
  await reader.readNow();
  assert.deepEqual([seen.answers, seen.problems, seen.away], [[], [], [true]]);
});

test("a problem is handed on as the service says it, a proxy's refusal in the page's own words", async () => {
  const problem = { type: '/problems#x', title: 'Too large', status: 413, detail: 'At most 10 MB were expected.' };
  const refusals = [
    [JSON.stringify(problem), 413, /Too large: At most 10 MB/],
    ['<html><h1>413 Request Entity Too Large</h1></html>', 413, /refused: it is too large \(status 413/],
    ['', 413, /refused: it is too large/],
    ['<h1>Forbidden</h1>', 403, /refused: no reason was given \(status 403/],
    ['null', 400, /status 400/],
    ['[1]', 400, /status 400/],
    ['{"error": "too many requests"}', 429, /status 429/],
    ['{"title": 1, "detail": {}}', 400, /status 400/],
  ];
  for (const [body, status, words] of refusals) {
    const { reader, seen } = answeredBy(() => new Response(body, { status }));
    await reader.readNow();
    assert.equal(seen.problems.length, 1, body);
    const [{ title, detail }] = seen.problems;
    assert.match(`${title}: ${detail}`, words);
    assert.deepEqual([seen.answers, seen.away], [[], []]);
  }
});
