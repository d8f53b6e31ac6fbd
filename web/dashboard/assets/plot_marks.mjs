// Marks in a chart on what changed after its window had closed, with what it was before in the tooltip.

const kDiamond = { symbol: ['none', 'diamond'], symbolSize: 10 };

/** A diamond at the end of each column or row that changed. */
function ends(indexes, isLying, { text }) {
  return {
    type: 'scatter',
    data: [],
    silent: true,
    markLine: {
      ...kDiamond,
      silent: true,
      label: { show: false },
      lineStyle: { color: text, type: [1, 4], width: 1 },
      data: indexes.map((index) => (isLying ? { yAxis: index } : { xAxis: index })),
    },
  };
}

/** A heat map's fields have a frame. */
function framed(series, indexes, { text }) {
  const data = series.data.map((item, i) => (indexes.includes(i) ? { ...item, itemStyle: { borderColor: text, borderWidth: 2 } } : item));
  return { ...series, data };
}

/**
 * ECharts' option with marks on `changes` (model/changes.mjs), whose indexes are those of the names on the axis, or of a heat
 * map's values.
 */
export function withMarks(option, changes, tokens) {
  if (changes.length === 0) return option;
  const indexes = [...new Set(changes.map(({ index }) => index))];
  const isHeat = option.series[0].type === 'heatmap';
  const formatter = (points) => {
    const { dataIndex } = Array.isArray(points) ? points[0] : points;
    const words = changes.filter(({ index }) => index === dataIndex).map(({ column, before }) => `◆ restated: ${column} was ${before}`);
    return [option.tooltip.formatter(points), ...words].join('\n');
  };
  return {
    ...option,
    tooltip: { ...option.tooltip, formatter },
    series: isHeat
      ? option.series.map((series) => framed(series, indexes, tokens))
      : [...option.series, ends(indexes, option.yAxis.type === 'category', tokens)],
  };
}
