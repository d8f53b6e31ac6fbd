// What the charts of the pages look like, as ECharts' options. Pure but for the palette's theme. A series is told by its
// colour and by a second mark (dash or pattern), never by colour alone.
import { formatCount, formatMoneyShort, formatRate, formatRatio } from './format.mjs';
import { kColors, themeName } from './charts.mjs';

const kDashes = ['solid', [8, 4], [2, 3], [12, 4, 3, 4]];
const kPatterns = [
  'none',
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
  { symbol: 'circle', symbolSize: 0.7, dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0] },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 5], rotation: Math.PI / 4 },
];

/** Axes need fewer digits than numbers to be read. */
const kCompact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const kAxisFormats = new Map([
  [formatRatio, (value) => `${Math.round(100 * value)}%`],
  [formatMoneyShort, (cents) => kCompact.format(cents / 100)],
  [formatRate, (value) => kCompact.format(value)],
  [formatCount, (value) => kCompact.format(value)],
]);
const axisFormat = (format) => kAxisFormats.get(format) ?? format;

/** Minutes on an axis whose steps are those below: "30 min", "2 h". */
const axisMinutes = (minutes) => (minutes === 0 || minutes % 60 !== 0 ? (minutes === 0 ? '0' : `${minutes} min`) : `${minutes / 60} h`);

/** Steps of an axis of minutes that people count in. */
function minuteSteps(values) {
  const most = Math.max(1, ...values.filter((value) => value !== null));
  return [5, 15, 30, 60, 120, 240, 480, 1440].find((step) => most / step <= 6) ?? 2880;
}

export function colorAt(place) {
  const colors = kColors[themeName()];
  return colors[place % colors.length];
}

const patternAt = (place, panel) => {
  const pattern = kPatterns[place % kPatterns.length];
  return pattern === 'none' ? { symbol: 'none' } : { ...pattern, color: `${panel}99` };
};

function letters({ muted, font, size }) {
  return { color: muted, fontFamily: font, fontSize: size };
}

const kSwatch = { itemWidth: 28, itemHeight: 12, itemGap: 18 };
const kLegendRow = 22;

/** Rows that a legend of these names takes up: a letter is a little more than half as wide as high. */
function legendRows(names, { width, size }) {
  let [rows, used] = [1, 0];
  for (const name of names) {
    const needed = kSwatch.itemWidth + kSwatch.itemGap + 5 + name.length * size * 0.58;
    if (used > 0 && used + needed > width) [rows, used] = [rows + 1, 0];
    used += needed;
  }
  return rows;
}

/** `legend`: the names of the series where there are several. */
function frame(tokens, { legend = [], top = 12 }) {
  const hasLegend = legend.length > 1;
  return {
    animation: false,
    grid: { left: 4, right: 24, top: hasLegend ? 18 + kLegendRow * legendRows(legend, tokens) : top, bottom: 4, containLabel: true },
    legend: hasLegend && {
      top: 0,
      left: 0,
      ...kSwatch,
      selectedMode: false,
      textStyle: { ...letters(tokens), color: tokens.text },
    },
  };
}

function tooltip({ text, panel, line, muted, ...tokens }, formatter, trigger = 'axis') {
  return {
    trigger,
    renderMode: 'richText', // an HTML tooltip would need inline styles, which the policy forbids
    confine: true,
    backgroundColor: panel,
    borderColor: line,
    textStyle: { ...letters({ muted, ...tokens }), color: text },
    axisPointer: { type: 'line', lineStyle: { color: muted, width: 1 } },
    formatter,
  };
}

const textOf = (format) => (points) =>
  [points[0].name, ...points.filter(({ seriesName }) => seriesName).map(({ seriesName, value }) => `${seriesName}  ${format(value)}`)].join('\n');

function valueAxis(tokens, format, extra = {}) {
  return {
    type: 'value',
    splitNumber: 4,
    axisLabel: { ...letters(tokens), formatter: axisFormat(format), hideOverlap: true },
    splitLine: { lineStyle: { color: tokens.line } },
    ...extra,
  };
}

function categoryAxis(tokens, names, extra = {}) {
  return {
    type: 'category',
    data: names,
    axisLabel: { ...letters(tokens), hideOverlap: true },
    axisLine: { lineStyle: { color: tokens.line } },
    axisTick: { show: false },
    ...extra,
  };
}

function targetLine(target, tokens, format) {
  if (target === undefined) return undefined;
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: tokens.text, type: [2, 3], width: 1.5 },
    label: { ...letters(tokens), color: tokens.text, position: 'insideStartTop', formatter: `target ${format(target)}` },
    data: [{ yAxis: target }],
  };
}

function seriesOf({ name, values, kind = 'bar', stack, faint }, place, tokens) {
  const color = faint ? tokens.muted : colorAt(place);
  if (kind === 'line') {
    const isAlone = values.filter((value) => value !== null).length < 2;
    return {
      type: 'line',
      name,
      data: values,
      color,
      showSymbol: isAlone || values.length <= 31,
      symbol: faint ? 'none' : ['circle', 'rect', 'triangle', 'diamond'][place % 4],
      symbolSize: isAlone ? 9 : 6,
      lineStyle: { color, width: faint ? 1.5 : 2.25, type: faint ? [3, 4] : kDashes[place % kDashes.length], cap: 'round' },
    };
  }
  return {
    type: 'bar',
    name,
    stack,
    data: values,
    color,
    barMaxWidth: 44,
    barCategoryGap: '30%',
    itemStyle: { decal: patternAt(place, tokens.panel), borderColor: tokens.panel, borderWidth: stack ? 1 : 0 },
  };
}

/** Labels of all names, aslant where they do not fit beside each other. */
function allNames(names, tokens) {
  const longest = Math.max(...names.map((name) => name.length)) * tokens.size * 0.6;
  return { ...letters(tokens), interval: 0, rotate: longest > (tokens.width - 90) / names.length ? 35 : 0 };
}

/**
 * Series over names (days, months, hours, departments): {names, series: [{name, values, kind: 'bar'|'line', stack, faint}]}.
 * Names of things (`isNamed`) are all written, those of a row of days as far as there is room.
 */
export function columnsPlot({ names, series, format = formatCount, max, target, isNamed = false }, tokens) {
  return {
    ...frame(tokens, { legend: series.map(({ name }) => name) }),
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
    tooltip: tooltip(tokens, textOf(format)),
    xAxis: categoryAxis(tokens, names, isNamed ? { axisLabel: allNames(names, tokens) } : {}),
    yAxis: valueAxis(tokens, format, { min: 0, ...(max !== undefined && { max, interval: max / 4 }), ...(format === formatCount && { minInterval: 1 }) }),
    series: series.map((one, place) => ({
      ...seriesOf(one, place, tokens),
      ...(place === 0 && { markLine: targetLine(target, tokens, format) }),
    })),
  };
}

/** Horizontal stacks, one row a name. */
export function rowsPlot({ names, series, format = formatCount }, tokens) {
  return {
    ...frame(tokens, { legend: series.map(({ name }) => name) }),
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
    tooltip: tooltip(tokens, textOf(format)),
    xAxis: valueAxis(tokens, format, { min: 0, minInterval: 1 }),
    yAxis: categoryAxis(tokens, names, { inverse: true, axisLabel: { ...letters(tokens), color: tokens.text, interval: 0, width: 110, overflow: 'truncate' } }),
    series: series.map((one, place) => ({ ...seriesOf({ ...one, stack: 'all' }, place, tokens), barMaxWidth: 20 })),
  };
}

const channels = (color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
const mixed = (from, to, share) => channels(from).map((value, i) => value + (channels(to)[i] - value) * share);

/** Black or white, whichever is read better on the colour: one of them always has 4.5:1. */
function readableOn(color) {
  const [red, green, blue] = color.map((value) => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}

/** Counts by two things: {xs, ys, values: [[x, y, value]], format}. Dark is much; the number stands in the cell where it fits. */
export function heatPlot({ xs, ys, values, format = formatCount }, tokens) {
  const most = Math.max(1, ...values.map(([, , value]) => value ?? 0));
  const hasRoom = tokens.width > 640;
  return {
    ...frame(tokens, { top: 4 }),
    tooltip: tooltip(tokens, ({ value: [x, y, value] }) => `${ys[y]}, ${xs[x]}\n${format(value)}`, 'item'),
    xAxis: categoryAxis(tokens, xs, { axisLabel: { ...letters(tokens), interval: hasRoom ? 0 : 5 } }),
    yAxis: categoryAxis(tokens, ys, { inverse: true }),
    visualMap: { show: false, min: 0, max: most, inRange: { color: [tokens.track, tokens.accent] } },
    series: [
      {
        type: 'heatmap',
        data: values.filter(([, , value]) => value !== null),
        itemStyle: { borderColor: tokens.panel, borderWidth: 2, borderRadius: 3 },
        label: { show: hasRoom, fontFamily: tokens.font, fontSize: tokens.size * 0.85, formatter: ({ value }) => format(value[2]) },
      },
    ].map((series) => ({
      ...series,
      data: series.data.map((value) => ({
        value,
        label: { color: readableOn(mixed(tokens.track, tokens.accent, value[2] / most)) },
      })),
    })),
  };
}

/** From the median to what nine in ten stay under, one row a name: {names, p50, p90, target}. */
export function spansPlot({ names, p50, p90, target, format }, tokens) {
  const color = colorAt(0);
  const point = (name, values, symbol, filled) => ({
    type: 'scatter',
    name,
    data: values,
    symbol,
    symbolSize: 11,
    z: 3,
    itemStyle: filled ? { color, opacity: 1 } : { color: tokens.panel, borderColor: color, borderWidth: 2, opacity: 1 },
  });
  const legend = ['half within', '9 in 10 within'];
  const { grid, ...framed } = frame(tokens, { legend });
  return {
    ...framed,
    grid: { ...grid, top: grid.top + (target ? 12 : 0) },
    legend: { ...framed.legend, itemWidth: 12, data: legend },
    tooltip: tooltip(tokens, (points) => [points[0].name, ...points.filter(({ seriesType }) => seriesType === 'scatter').map(({ seriesName, value }) => `${seriesName}  ${format(value)}`)].join('\n')),
    xAxis: valueAxis(tokens, axisMinutes, { min: 0, interval: minuteSteps(p90) }),
    yAxis: categoryAxis(tokens, names, { inverse: true, axisLabel: { ...letters(tokens), color: tokens.text, interval: 0, width: 110, overflow: 'truncate' } }),
    series: [
      { type: 'bar', stack: 'span', silent: true, data: p50, itemStyle: { color: 'transparent' }, barWidth: 6 },
      {
        type: 'bar',
        stack: 'span',
        silent: true,
        data: p90.map((value, i) => (value === null ? null : value - p50[i])),
        itemStyle: { color, opacity: 0.35 },
        barWidth: 6,
        markLine: target && {
          silent: true,
          symbol: 'none',
          lineStyle: { color: tokens.text, type: [2, 3], width: 1.5 },
          label: { ...letters(tokens), color: tokens.text, formatter: `target ${axisMinutes(target)}`, position: 'start', distance: 4 },
          data: [{ xAxis: target }],
        },
      },
      point('half within', p50, 'circle', true),
      point('9 in 10 within', p90, 'diamond', false),
    ],
  };
}
