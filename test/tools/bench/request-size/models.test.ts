import { describe, expect, it } from '@jest/globals';
import { DEFAULT_INSTRUCTION } from '../../../../src/config/variables.js';
import { bestRateOf, requestMsOf, workloadOf, type Model } from '../../../../tools/bench/request-size/models.js';
import { requestCostMs } from '../../../../tools/stand-in/costs.js';

const USUAL: Model = { name: 'usual', requestMs: 26, textMs: 5.5 };
const BLOCKS = 2_000;

function textsOf(model: Model): string[] {
  const { text } = workloadOf(model, BLOCKS, 1);
  return Array.from({ length: BLOCKS }, (_, n) => DEFAULT_INSTRUCTION + text(n));
}

describe('the best rate of the bare loops', () => {
  it.each<{ model: Model; perSecond: number }>([
    { model: USUAL, perSecond: 64 / 0.378 },
    { model: { name: 'larger is slower', requestMs: 5, textMs: 1, textSquaredMs: 0.05 }, perSecond: 10 / 0.02 },
    // As much work at 378 ms a request as at 1,890 ms.
    { model: { ...USUAL, midway: 5 }, perSecond: 64 / ((0.378 + 1.89) / 2) },
    { model: { ...USUAL, midway: 1 / 5 }, perSecond: 64 / ((0.378 + 0.0756) / 2) },
  ])('is $perSecond texts per second with $model', ({ model, perSecond }) => {
    expect(bestRateOf(model)).toBeCloseTo(perSecond, 6);
  });
});

describe('the work for a model', () => {
  it('costs what the model’s times say', () => {
    const { costs } = workloadOf(USUAL, BLOCKS, 1);
    expect(costs.map((one) => requestCostMs(one, textsOf(USUAL).slice(0, 10)))).toEqual([81]);
  });

  it('changes all costs for the second half of the texts', () => {
    const model = { ...USUAL, textSquaredMs: 0.5, midway: 5 };
    const [first, second] = workloadOf(model, BLOCKS, 1).costs;
    expect(first).toEqual({ requestMs: 26, textMs: 5.5, textSquaredMs: 0.5, characterMs: 0 });
    expect(second).toEqual({ requestMs: 130, textMs: 27.5, textSquaredMs: 2.5, characterMs: 0 });
  });

  it('has texts whose lengths vary by a factor of 20 and which together cost as much as texts of average length', () => {
    const model = { ...USUAL, lengthsVary: true };
    const texts = textsOf(model);
    const lengths = texts.map(({ length }) => length);
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeGreaterThan(18);
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeLessThan(22);
    const [costs] = workloadOf(model, BLOCKS, 1).costs;
    expect(costs && requestCostMs(costs, texts)).toBeCloseTo(requestMsOf(USUAL, BLOCKS), 6);
  });
});
