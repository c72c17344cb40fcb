/**
 * Stops the clock for one test: timers go off when the test lets time pass.
 * @returns {(milliseconds: number) => void} lets time pass
 */
export function stopClock(t) {
  const { setTimeout, clearTimeout } = globalThis;
  const timers = new Map();
  let [now, last] = [0, 0];
  globalThis.setTimeout = (run, milliseconds = 0) => {
    timers.set(++last, { run, at: now + milliseconds });
    return last;
  };
  globalThis.clearTimeout = (timer) => timers.delete(timer);
  t.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }));

  return (milliseconds) => {
    const end = now + milliseconds;
    for (;;) {
      const due = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!due.length) break;
      const [timer, { run, at }] = due[0];
      timers.delete(timer);
      now = at;
      run();
    }
    now = end;
  };
}
