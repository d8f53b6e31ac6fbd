import assert from 'node:assert/strict';
import test from 'node:test';
import {
  csv,
  formatAge,
  formatCount,
  formatMinutes,
  formatMinutesShort,
  formatRate,
  formatShare,
  kNoValue,
  listWords,
} from '../../../web/dashboard/assets/format.mjs';

const kFormats = { formatCount, formatRate, formatMinutes, formatAge };

for (const [name, format] of Object.entries(kFormats)) {
  test(`${name}: no value is a dash, never a zero`, () => {
    for (const value of [null, undefined, NaN, Infinity, '7']) assert.equal(format(value), kNoValue);
  });
}

test('counts are grouped, and a known zero is a zero', () => {
  assert.equal(formatCount(0), '0');
  assert.equal(formatCount(1234567), '1,234,567');
});

test('rates have a decimal while they are small', () => {
  assert.deepEqual([0, 0.04, 9.96, 99.94, 99.96, 1234.5].map(formatRate), [
    '0.0',
    '0.0',
    '10.0',
    '99.9',
    '100',
    '1,235',
  ]);
});

test('a share that is not all is not 100 %, and one that is not nothing is not 0 %', () => {
  const shares = [
    [0, 10],
    [1, 1000],
    [1, 200],
    [301, 410],
    [995, 1000],
    [999, 1000],
    [10, 10],
    [0, 0],
    [null, 10],
  ];
  assert.deepEqual(
    shares.map(([part, whole]) => formatShare(part, whole)),
    ['0%', '<1%', '1%', '73%', '>99%', '>99%', '100%', kNoValue, kNoValue],
  );
});

test('minutes', () => {
  assert.deepEqual([0, 59, 60, 65, 2879, 2880, 4000].map(formatMinutes), [
    '0 min',
    '59 min',
    '1 h 00 min',
    '1 h 05 min',
    '47 h 59 min',
    '2 d 0 h',
    '2 d 18 h',
  ]);
});

test('minutes in narrow columns', () => {
  assert.deepEqual([59, 65, 2880, null].map(formatMinutesShort), ['59 min', '1 h 05', '2 d 0 h', kNoValue]);
});

test('ages, from seconds to years', () => {
  const seconds = [-3, 0, 59.9, 60, 65, 599, 600, 3599, 3600, 12000, 86400, 172800, 86400 * 800];
  assert.deepEqual(
    seconds.map((s) => formatAge(s * 1000)),
    [
      '0 s',
      '0 s',
      '59 s',
      '1 min 00 s',
      '1 min 05 s',
      '9 min 59 s',
      '10 min',
      '59 min',
      '1 h 00 min',
      '3 h 20 min',
      '24 h 00 min',
      '2 days',
      '2 years',
    ],
  );
});

test('words in a list', () => {
  assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listWords), ['', 'a', 'a and b', 'a, b and c']);
});

test('CSV quotes what needs it and keeps formulas from running', () => {
  assert.equal(
    csv([
      ['Ward "A", north', 3, null],
      ['=1+1', -2, 0],
    ]),
    '"Ward ""A"", north",3,\r\n\'=1+1,-2,0\r\n',
  );
});
