// Charts: the palette, the theme and the little that all charts share. ECharts is loaded after the first paint.
import { formatCount, formatRate } from './format.mjs';
import { importAgain } from './modules.mjs';

const kMinRedrawMs = 500;
/** What draws the charts could not be loaded: it is tried again at this pace. */
const kLoadAgainMs = 5_000;

// Colours that stay apart with any of the common kinds of colour blindness, at 3:1 or more against the panel; each with
// a dash, so that a line is never told by its colour alone.
export const kColors = {
  light: ['#0b62a4', '#e06a0a', '#750358', '#6b8c4e', '#2b98a8', '#860e01', '#8a3fe0', '#6b4a45'],
  dark: ['#62b2f2', '#ea930f', '#f4a4be', '#3fe083', '#efe23c', '#cf44a8', '#3a9272', '#93803c'],
};
const kDashes = ['solid', [8, 4], [2, 3], [12, 4, 3, 4]];

/** A look for each name, kept for as long as the page is open. */
export class SeriesLooks {
  #places = new Map();

  of(name, theme) {
    if (!this.#places.has(name)) this.#places.set(name, this.#places.size);
    const place = this.#places.get(name);
    const colors = kColors[theme];
    // Neighbours differ in colour and in dash; the pair repeats only after 32 names.
    return {
      color: colors[place % colors.length],
      dash: kDashes[(place + Math.floor(place / colors.length)) % kDashes.length],
    };
  }
}

export function themeName() {
  return document.documentElement.dataset.theme;
}

/** The colours and the font of the page, for the canvas. */
function themeTokens(width) {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    text: token('--text'),
    muted: token('--muted'),
    line: token('--line'),
    panel: token('--panel'),
    track: token('--track'),
    accent: token('--accent'),
    width,
    font: getComputedStyle(document.body).fontFamily,
    size: Number.parseFloat(style.fontSize) * 0.8,
  };
}

let loading = null;
function loadEcharts() {
  loading ??= importAgain('/assets/vendor/echarts.esm.min.mjs').catch(() => {
    loading = null;
    return null;
  });
  return loading;
}

const kRedrawNow = 'redrawcharts';

/** Charts that are behind their data catch up at once: where their page switched, they switch with it. */
export function redrawCharts() {
  document.documentElement.dispatchEvent(new Event(kRedrawNow));
}

/** One chart: redrawn at most twice a second, never while it is hidden, and as large as its element. */
export class Chart {
  #node;
  #makeOption;
  #chart = null;
  #lastDrawMs = -Infinity;
  #timer = null;
  #latest = null;
  #drawn = null;

  /** `makeOption(data, tokens)` returns ECharts' option for the data, which must be fit for JSON. */
  constructor(node, makeOption) {
    this.#node = node;
    this.#makeOption = makeOption;
    new ResizeObserver(() => this.#resized()).observe(node);
    for (const reason of ['themechange', kRedrawNow]) document.documentElement.addEventListener(reason, () => this.#redraw());
  }

  /** Most updates of a page leave a chart as it is: only other data are drawn. */
  show(data) {
    this.#latest = data;
    if (JSON.stringify(data) === this.#drawn) return;
    this.#node.dataset.drawn = 'false';
    this.#timer ??= setTimeout(() => this.#redraw(), Math.max(0, this.#lastDrawMs + kMinRedrawMs - performance.now()));
  }

  async #redraw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#latest === null || this.#node.clientWidth === 0) return;
    this.#lastDrawMs = performance.now();
    this.#drawn = JSON.stringify(this.#latest);
    if (!this.#chart) {
      const echarts = await loadEcharts();
      if (!echarts) {
        this.#timer ??= setTimeout(() => this.#redraw(), kLoadAgainMs);
        return;
      }
      this.#chart ??= echarts.init(this.#node, null, { renderer: 'canvas' });
    }
    this.#chart.setOption(this.#makeOption(this.#latest, themeTokens(this.#node.clientWidth)), { notMerge: true });
    this.#node.dataset.drawn = String(this.#timer === null);
  }

  #resized() {
    if (matchMedia('print').matches) return; // the style sheet fits it to the paper
    if (this.#chart && this.#node.clientWidth > 0) this.#chart.resize();
    this.#redraw();
  }
}

/**
 * ECharts' option for lines over time: `times` in milliseconds, `lines` of {name, values, look}, null is a gap; at `marks`, times,
 * something was restated.
 */
export function linesOverTime({ times, lines, marks = [], zone }, { text, muted, line, panel, font, size }) {
  const letters = { color: muted, fontFamily: font, fontSize: size };
  const number = (value) => (Number.isInteger(value) ? formatCount(value) : formatRate(value));
  return {
    animation: false,
    useUTC: true,
    grid: { left: 4, right: 16, top: 10, bottom: 4, containLabel: true },
    xAxis: {
      type: 'time',
      min: times[0],
      max: times.at(-1),
      axisLabel: { ...letters, formatter: (ms) => zone.time(ms), hideOverlap: true, showMinLabel: false },
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 4,
      minInterval: 0.2,
      axisLabel: { ...letters, formatter: number },
      splitLine: { lineStyle: { color: line } },
    },
    tooltip: {
      show: !document.documentElement.hasAttribute('data-wall'),
      trigger: 'axis',
      renderMode: 'richText', // an HTML tooltip would need inline styles, which the policy forbids
      confine: true,
      order: 'valueDesc',
      backgroundColor: panel,
      borderColor: line,
      textStyle: { ...letters, color: text },
      axisPointer: { type: 'line', lineStyle: { color: muted, width: 1 } },
      formatter: (points) => tooltipText(points, zone),
    },
    series: [
      ...lines.map(({ name, values, look }) => ({
        type: 'line',
        name,
        data: times.map((time, i) => [time, values[i]]),
        showSymbol: false,
        silent: true,
        color: look.color,
        lineStyle: { color: look.color, width: 2, type: look.dash, cap: 'round' },
      })),
      { type: 'scatter', symbol: 'diamond', symbolSize: 8, silent: true, clip: false, z: 3, itemStyle: { color: text }, data: marks.map((time) => [time, 0]) },
    ],
  };
}

function tooltipText(points, zone) {
  const lines = points.filter(({ seriesType }) => seriesType === 'line').map(({ seriesName, value }) => `${seriesName}  ${formatRate(value[1] ?? undefined)}`);
  return [zone.time(points[0].value[0]), ...lines].join('\n');
}
