import assert from 'node:assert/strict';
import test from 'node:test';

import { SAMPLE_GRIDS, sampleGrid } from '../../static/js/samples.js';
import { LinkError, decodeStrokes, encodeStrokes } from '../../static/js/sharing.js';

test('a drawing comes back from its link as it was, to a thousandth of the pad', () => {
  for (const grid of SAMPLE_GRIDS) {
    const strokes = sampleGrid(grid);
    const back = decodeStrokes(encodeStrokes(strokes));
    assert.equal(back.length, strokes.length);
    back.forEach(({ points, width }, i) => {
      assert.ok(Math.abs(width - strokes[i].width) < 1e-9);
      for (const end of [0, -1]) {
        const [from, to] = [strokes[i].points.at(end), points.at(end)];
        assert.ok(Math.hypot(from[0] - to[0], from[1] - to[1]) < 0.001);
      }
    });
  }
});

test('sharing what was shared gives the same link', () => {
  const link = encodeStrokes(sampleGrid(SAMPLE_GRIDS[0]));
  assert.equal(encodeStrokes(decodeStrokes(link)), link);
});

test('four digits fit in a short link of letters that need no escaping', () => {
  const link = encodeStrokes(sampleGrid(SAMPLE_GRIDS[0]));
  assert.ok(link.length < 1000, String(link.length));
  assert.match(link, /^g1\.[\w-]+$/);
});

test('pen pressure is kept', () => {
  const stroke = { points: [[0.1, 0.1, 0, 0.2], [0.2, 0.2, 8, 0.9]], width: 0.03 };
  const [back] = decodeStrokes(encodeStrokes([stroke]));
  assert.ok(Math.abs(back.points[1][3] - 0.9) < 0.003);
});

test('a dot and an empty drawing survive', () => {
  assert.deepEqual(decodeStrokes(encodeStrokes([])), []);
  assert.equal(decodeStrokes(encodeStrokes([{ points: [[0, 1, 0, 0.5]], width: 0.04 }]))[0].points.length, 1);
});

test('rubbish is refused with words, never anything else', () => {
  const link = encodeStrokes(sampleGrid(SAMPLE_GRIDS[0]));
  const rubbish = ['', 'x', 'g1.', 'g1.!!!', 'g2.AAAA', 'g1.AAAA', link.slice(0, -3), `${link}AA`, link.replace('A', 'B').slice(0, 40)];
  let seed = 1;
  for (let i = 0; i < 300; i++) {
    seed = (seed * 48271) % 2147483647;
    const at = 3 + (seed % (link.length - 3));
    rubbish.push(link.slice(0, at) + (link[at] === 'Q' ? 'R' : 'Q') + link.slice(at + 1));
  }
  for (const text of rubbish) {
    try {
      // A change in the last, half-used letter may change nothing.
      assert.ok(Array.isArray(decodeStrokes(text)) && text.length === link.length);
    } catch (error) {
      assert.ok(error instanceof LinkError, `${text}: ${error}`);
    }
  }
});
