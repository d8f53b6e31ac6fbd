// Sets the theme before the first paint: the viewer's choice when there is one, the system's otherwise.
// A classic script, because modules run only after the page is laid out.
(() => {
  const kStored = 'wardpulse-theme';
  const system = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(kStored);
    } catch {
      return null; // storage is switched off: the choice lasts as long as the page
    }
  };
  const apply = (theme) => {
    root.dataset.theme = theme;
    root.dispatchEvent(new CustomEvent('themechange'));
  };
  const systemTheme = () => (system.matches ? 'dark' : 'light');

  window.wardpulseTheme = {
    toggle() {
      const theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
      try {
        localStorage.setItem(kStored, theme);
      } catch {
        // see above
      }
      apply(theme);
    },
  };
  system.addEventListener('change', () => stored() ?? apply(systemTheme()));
  // Paper is white.
  addEventListener('beforeprint', () => apply('light'));
  addEventListener('afterprint', () => apply(stored() ?? systemTheme()));
  apply(stored() ?? systemTheme());
  // Wall: larger, and nothing to operate. Known before the first paint, so that nothing jumps.
  root.toggleAttribute('data-wall', new URLSearchParams(location.search).get('wall') === '1');
})();
