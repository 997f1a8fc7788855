import { describe, expect, test } from '@jest/globals';
import { abandonedCostMs, parseCosts, requestCostMs, type Costs } from '../../../tools/stand-in/costs.js';

const FREE: Costs = { requestMs: 0, textMs: 0, textSquaredMs: 0, characterMs: 0 };
const texts = (count: number) => Array.from({ length: count }, () => 'text');

describe('a request', () => {
  test.each<{ costs: Partial<Costs>; of: readonly string[]; takesMs: number }>([
    { costs: {}, of: texts(10), takesMs: 0 },
    { costs: { requestMs: 20 }, of: texts(10), takesMs: 20 },
    { costs: { requestMs: 26, textMs: 5.5 }, of: texts(10), takesMs: 81 },
    { costs: { requestMs: 5, textMs: 1, textSquaredMs: 0.05 }, of: texts(10), takesMs: 5 + 10 + 0.05 * 10 ** 2 },
    { costs: { requestMs: 20, characterMs: 0.5 }, of: ['a', 'four', ''], takesMs: 20 + 0.5 * 5 },
  ])('of $of.length texts at $costs takes $takesMs ms', ({ costs, of, takesMs }) => {
    expect(requestCostMs({ ...FREE, ...costs }, of)).toBeCloseTo(takesMs, 9);
  });

  test.each<{ costs: Partial<Costs>; of: readonly string[]; afterMs: number; takesMs: number; what: string }>([
    { costs: { requestMs: 20, textMs: 5 }, of: texts(4), afterMs: 8, takesMs: 8, what: 'no text' },
    { costs: { requestMs: 20, textMs: 5 }, of: texts(4), afterMs: 20, takesMs: 20, what: 'no text' },
    { costs: { requestMs: 20, textMs: 5 }, of: texts(4), afterMs: 26, takesMs: 30, what: 'two texts' },
    { costs: { requestMs: 20, textMs: 5 }, of: texts(4), afterMs: 30, takesMs: 30, what: 'two texts' },
    { costs: { requestMs: 20, textMs: 5 }, of: texts(4), afterMs: 1_000, takesMs: 40, what: 'all texts' },
    { costs: { requestMs: 20 }, of: texts(4), afterMs: 1_000, takesMs: 20, what: 'all texts' },
    { costs: { textMs: 1, textSquaredMs: 1 }, of: texts(4), afterMs: 3, takesMs: 2 + 4, what: 'two texts' },
    { costs: { characterMs: 10 }, of: ['a', 'four', 'b'], afterMs: 11, takesMs: 50, what: 'two texts' },
    { costs: { requestMs: 20, textMs: 5 }, of: texts(4), afterMs: -1, takesMs: 0, what: 'no text' },
  ])('abandoned after $afterMs ms at $costs costs $takesMs ms, for $what', ({ costs, of, afterMs, takesMs }) => {
    expect(abandonedCostMs({ ...FREE, ...costs }, of, afterMs)).toBeCloseTo(takesMs, 9);
  });
});

describe('costs received as JSON', () => {
  test('may name some of the costs', () => {
    expect(parseCosts({ textMs: 0, characterMs: 0.01 })).toEqual({ textMs: 0, characterMs: 0.01 });
  });

  test.each([
    ['a number', 5, 'costs: expected an object'],
    ['an array', [], 'costs: expected an object'],
    ['an unknown name', { textsMs: 5 }, 'costs: "textsMs" is none of requestMs, textMs, textSquaredMs, characterMs'],
    ['a negative cost', { textMs: -1 }, 'textMs: expected a number from 0 up'],
    ['a cost that is no number', { requestMs: '5' }, 'requestMs: expected a number from 0 up'],
  ])('are refused if they are %s or contain it', (_, value, message) => {
    expect(() => parseCosts(value)).toThrow(new TypeError(message));
  });
});
