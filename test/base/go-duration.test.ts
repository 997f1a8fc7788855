import { parseGoDuration } from '../../src/base/go-duration.js';

describe('a duration in Go’s form', () => {
  it.each([
    ['300ms', 0.3],
    ['90s', 90],
    ['5m', 300],
    ['+5m', 300],
    ['-5m', -300],
    ['1h30m', 5_400],
    ['-1h30m', -5_400],
    ['30m1h', 5_400],
    ['1.5h', 5_400],
    ['.5h', 1_800],
    ['1.h', 3_600],
    ['24h', 86_400],
    ['20us', 2e-5],
    ['20\u00b5s', 2e-5],
    ['20\u03bcs', 2e-5],
    ['1ns', 1e-9],
    ['0', 0],
    ['0s', 0],
    ['2562047h', 9_223_369_200],
  ])('is read as Go does: %s is %d s', (text, seconds) => {
    expect(parseGoDuration(text)).toBeCloseTo(seconds, 12);
  });

  it.each([
    ...['', '300', '-1', '1h30', 'h', '.h', '1..5h', '--1s', '1e3s', '5 m', ' 5m', '5M', '7d', '1w', 'always'],
    '2562048h', // more than an int64 of nanoseconds
  ])('is not "%s"', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});
