import { describe, expect, test } from '@jest/globals';
import { DeterministicBrain, deterministicVector, isVectorOf } from '../../../tools/stand-in/deterministic-brain.js';

const TEXTS = ['', 'a', 'b', 'The quick brown fox', 'Ünïcødé 日本語 🦊 مرحبا', 'x'.repeat(100_000)];

describe('a deterministic vector', () => {
  test('is the same for the same text and different for other texts', () => {
    for (const [i, text] of TEXTS.entries()) {
      for (const [j, other] of TEXTS.entries()) {
        expect(isVectorOf(other, deterministicVector(text, 768))).toBe(i === j);
      }
    }
  });

  test('never changes from one release to the next', () => {
    const start = Array.from(deterministicVector('a', 768).subarray(0, 4), (value) => Number(value.toFixed(6)));
    expect(start).toEqual(EXPECTED_START);
  });

  test('is nearly orthogonal to that of a text that differs in one letter', () => {
    const [a, b] = [deterministicVector('section 1', 768), deterministicVector('section 2', 768)];
    const cosine = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    expect(Math.abs(cosine)).toBeLessThan(0.2);
  });

  test.each([1, 2, 7, 8, 31, 32, 33, 100, 512, 768, 1024, 2560])('of %i dimensions has length 1', (dimensions) => {
    for (const text of TEXTS) {
      expect(Math.hypot(...deterministicVector(text, dimensions))).toBeCloseTo(1, 4);
    }
  });

  test.each([32, 33, 768, 2559])('cut to %i dimensions and renormalised is the vector of that size', (dimensions) => {
    for (const text of TEXTS) {
      const cut = deterministicVector(text, 2560).subarray(0, dimensions);
      const norm = Math.hypot(...cut);
      expect(
        isVectorOf(
          text,
          cut.map((value) => value / norm),
        ),
      ).toBe(true);
    }
  });

  test('does not match its text if a value is missing, swapped or has the wrong sign', () => {
    const vector = deterministicVector('a', 768);
    expect(isVectorOf('a', [...vector.subarray(1), vector[0] ?? 0])).toBe(false);
    expect(isVectorOf('a', [vector[1] ?? 0, vector[0] ?? 0, ...vector.subarray(2)])).toBe(false);
    expect(isVectorOf('a', [-(vector[0] ?? 0), ...vector.subarray(1)])).toBe(false);
    expect(isVectorOf('a', [Number.NaN, ...vector.subarray(1)])).toBe(false);
  });

  test.each([1, 5, 8, 31, 32, 39, 40, 768, 2560])('of %i dimensions reads the same from JSON as it is made', (size) => {
    const brain = new DeterministicBrain();
    const parsed = JSON.parse(brain.embedJson(TEXTS, size).toString()) as number[][];
    expect(parsed.map((values) => Float32Array.from(values))).toEqual(brain.embed(TEXTS, size));
  });
});

const EXPECTED_START = [-0.035247, 0.021853, 0.046174, -0.02996];
