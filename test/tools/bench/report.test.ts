import { describe, expect, it } from '@jest/globals';
import { tableOf } from '../../../tools/bench/report.js';
import { figure, isReached, median, quantile } from '../../../tools/bench/scenario.js';

describe('a quantile', () => {
  const cases: { of: number[]; share: number; is: number }[] = [
    { of: [7], share: 0.5, is: 7 },
    { of: [7], share: 0.99, is: 7 },
    { of: [3, 1, 2], share: 0.5, is: 2 },
    { of: [4, 1, 3, 2], share: 0.5, is: 2 },
    { of: Array.from({ length: 100 }, (_, i) => i + 1), share: 0.99, is: 99 },
    { of: Array.from({ length: 100 }, (_, i) => i + 1), share: 1, is: 100 },
    { of: [10, 9, 1], share: 0, is: 1 }, // sorted as numbers, not as strings
  ];

  it.each(cases)(
    'is the smallest value that is at least as large as a share of $share: $is of $of',
    ({ of, share, is }) => {
      expect(quantile(of, share)).toBe(is);
    },
  );

  it('of no values is NaN, which reaches no target', () => {
    expect(median([])).toBeNaN();
    expect(isReached(figure('share', '', [], { atLeast: 0 }))).toBe(false);
    expect(isReached(figure('share', '', [], { atMost: 1 }))).toBe(false);
  });

  it('does not change the order of the values', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('a figure', () => {
  it('is the median of its runs, and keeps their values', () => {
    expect(figure('throughput', 'blocks/s', [30, 10, 20])).toEqual({
      what: 'throughput',
      unit: 'blocks/s',
      value: 20,
      runs: [30, 10, 20],
    });
  });

  it.each([
    { value: 0.97, target: { atLeast: 0.97 }, is: true },
    { value: 0.969, target: { atLeast: 0.97 }, is: false },
    { value: 40, target: { atMost: 40 }, is: true },
    { value: 40.1, target: { atMost: 40 }, is: false },
  ])('of $value reaches the target $target: $is', ({ value, target, is }) => {
    expect(isReached(figure('one', '', [value], target))).toBe(is);
  });
});

describe('the table of a scenario', () => {
  it('shows whether each target is reached, the value, and the range of the runs', () => {
    const figures = [
      figure('throughput', 'blocks/s', [2900, 3123, 3300], { atLeast: 3000 }),
      figure('p99', 'ms', [41.26], { atMost: 40 }),
      figure('floor', 'blocks/s', [4000, 4000, 4000]),
    ];
    expect(tableOf({ scenario: 'ceiling', what: 'how fast', figures }).split('\n')).toEqual([
      'ceiling: how fast',
      '          figure      median          target   range',
      '  ok      throughput  3,123 blocks/s  ≥ 3,000  2,900 to 3,300',
      '  MISSED  p99         41.3 ms         ≤ 40',
      '          floor       4,000 blocks/s           4,000 to 4,000',
    ]);
  });

  it('leaves out empty columns', () => {
    const figures = [figure('throughput', 'blocks/s', [2900]), figure('p99', 'ms', [41.26])];
    expect(tableOf({ scenario: 'ceiling', what: 'how fast', figures }).split('\n')).toEqual([
      'ceiling: how fast',
      '  figure      value',
      '  throughput  2,900 blocks/s',
      '  p99         41.3 ms',
    ]);
  });
});
