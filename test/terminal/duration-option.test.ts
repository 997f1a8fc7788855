import { parseDuration, requireDuration } from '../../src/terminal/duration-option.js';

describe('a duration', () => {
  it.each([
    ['30m', 1_800],
    ['8h', 28_800],
    ['2d', 172_800],
    ['90s', 90],
    ['1h30m', 5_400],
    ['1h 30m', 5_400],
    ['1d12h', 129_600],
    ['1.5h', 5_400],
    ['0.5 d', 43_200],
    ['90 min', 5_400],
    ['8 hours', 28_800],
    ['1 day 2 hours 3 minutes 4 seconds', 93_784],
    [' 8H ', 28_800],
  ])('%p is read', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    ' ',
    '8',
    'h',
    '-8h',
    '+8h',
    '8x',
    '8hh',
    '30m8h',
    '1h1h',
    '8h30',
    '1e3s',
    '1,5h',
    'eight hours',
    '8 h!',
    '2w',
  ])('%p is not one', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('an option whose value is a duration', () => {
  const read = (value: string | undefined) => requireDuration('--for', value, 60, 7_200);

  it('is null if it is not given', () => {
    expect(read(undefined)).toBeNull();
  });

  it.each([
    ['1m', 60],
    ['2h', 7_200],
  ])('may be %s, a bound of the range', (text, seconds) => {
    expect(read(text)).toBe(seconds);
  });

  it.each([
    ['59s', '--for: give a time from 1 min to 2 h'],
    ['121m', '--for: give a time from 1 min to 2 h'],
    ['0m', '--for: give a time from 1 min to 2 h'],
    ['8', '--for: give a time with its unit, such as 30m, 8h or 2d'],
    ['', '--for: give a value'],
  ])('(%p) is rejected by its name', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'OPTION', message }) as Error);
  });
});
