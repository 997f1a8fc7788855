import { describe, expect, it } from '@jest/globals';
import { mean, recallAt, reciprocalRankAt } from '../../../tools/retrieval/metrics.js';

describe('recall', () => {
  it.each([
    { right: ['a'], found: ['a', 'x', 'y'], recall: 1, why: 'the only right block is first' },
    { right: ['a'], found: ['x', 'y', 'a'], recall: 0, why: 'it is below the count' },
    { right: ['a', 'b'], found: ['x', 'b', 'a'], recall: 0.5, why: 'one of two is within the count' },
    { right: ['a', 'b'], found: ['b', 'a'], recall: 1, why: 'all are, in any order' },
    { right: ['a'], found: [], recall: 0, why: 'nothing was found' },
  ])('is $recall if $why', ({ right, found, recall }) => {
    expect(recallAt(2, found, right)).toBe(recall);
  });
});

describe('the reciprocal rank', () => {
  it.each([
    { right: ['a'], found: ['a', 'x'], rank: 1, why: 'a right block is first' },
    { right: ['a'], found: ['x', 'a'], rank: 1 / 2, why: 'it is second' },
    { right: ['a', 'b'], found: ['x', 'y', 'b', 'a'], rank: 1 / 3, why: 'the first right one is third' },
    { right: ['a'], found: ['w', 'x', 'y', 'z', 'a'], rank: 0, why: 'it is below the count' },
  ])('is $rank if $why', ({ right, found, rank }) => {
    expect(reciprocalRankAt(4, found, right)).toBe(rank);
  });
});

it('a mean is the sum divided by the number', () => {
  expect(mean([1, 0, 0.5])).toBe(0.5);
});
