// Not a module: it runs before the first paint, so that the page never flashes in the other colours.
(() => {
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's colours are then used.
  }
})();
