// The palette's promises, computed: contrast against the panel, and distance between any two colours as seen with
// normal sight and with each kind of colour blindness (Machado, Oliveira and Fernandes 2009, full severity; CIE 1976
// distance).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { SeriesLooks, kColors } from '../../../web/dashboard/assets/charts.mjs';

const kSights = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const kCss = readFileSync(new URL('../../../web/dashboard/assets/style/theme.css', import.meta.url), 'utf8');
const [kLightPanel, kDarkPanel] = [...kCss.matchAll(/--panel: (#\w{6})/g)].map(([, color]) => color);

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const clamp = (value) => Math.min(1, Math.max(0, value));

function linear(color) {
  return [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
}

const luminance = (color) => dot(linear(color), [0.2126, 0.7152, 0.0722]);

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function lab(color, sight) {
  const seen = sight.map((row) => clamp(dot(row, linear(color))));
  const toWhite = [
    [[0.4124, 0.3576, 0.1805], 0.95047],
    [[0.2126, 0.7152, 0.0722], 1],
    [[0.0193, 0.1192, 0.9505], 1.08883],
  ];
  const [x, y, z] = toWhite
    .map(([row, white]) => dot(row, seen) / white)
    .map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

for (const [theme, panel] of [
  ['light', kLightPanel],
  ['dark', kDarkPanel],
]) {
  test(`${theme}: every line stands out from the panel`, () => {
    for (const color of kColors[theme]) assert.ok(contrast(color, panel) >= 3, `${color}: ${contrast(color, panel)}`);
  });

  for (const [name, sight] of Object.entries(kSights)) {
    test(`${theme}: colours stay apart with ${name}`, () => {
      const places = kColors[theme].map((color) => lab(color, sight));
      places.forEach((a, i) =>
        places.slice(0, i).forEach((b, j) => {
          const distance = Math.hypot(...a.map((value, k) => value - b[k]));
          assert.ok(distance >= 14, `${kColors[theme][i]} and ${kColors[theme][j]}: ${distance}`);
        }),
      );
    });
  }
}

test('a name keeps its look, and 32 names have 32 of them', () => {
  const looks = new SeriesLooks();
  const seen = Array.from({ length: 32 }, (_, i) => JSON.stringify(looks.of(`ward ${i}`, 'light')));
  assert.equal(new Set(seen).size, 32);
  assert.equal(JSON.stringify(looks.of('ward 3', 'light')), seen[3]);
});
