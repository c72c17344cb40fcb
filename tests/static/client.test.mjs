import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { LiveReader } from '../../static/js/client.js';

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
  for (let page = 1; page <= 60; page++) {
    seen.page = page;
    reader.now();
    await sleep(page % 7);
  }
  await sleep(60);
  assert.deepEqual(seen.answers, [...seen.answers].sort((a, b) => a - b));
  assert.equal(seen.answers.at(-1), 60);
  assert.deepEqual(seen.away, []);
});

test('a moving pen is read when it rests, and now and then before', async () => {
  const { reader, seen } = setUp([1]);
  for (let move = 0; move < 50; move++) {
    reader.soon();
    await sleep(10);
  }
  assert.ok(seen.asked >= 1 && seen.asked <= 3, String(seen.asked));
  await sleep(160);
  assert.ok(seen.asked >= 2);
});

test('a blank page asks nothing and takes the answer away, one under way included', async () => {
  const { reader, seen } = setUp([20]);
  seen.page = 1;
  reader.now();
  await sleep(5);
  seen.page = null;
  reader.now();
  await sleep(40);
  assert.deepEqual(seen.answers, [null]);
});

test('a server that went away is found again, and the drawing is read then', async () => {
  const { reader, seen } = setUp([1]);
  seen.page = 7;
  seen.isUp = false;
  await reader.now();
  assert.deepEqual(seen.away, [true]);
  seen.isUp = true;
  seen.page = 8;
  await sleep(700);
  assert.deepEqual(seen.away, [true, false]);
  assert.deepEqual(seen.answers, [8]);
});
