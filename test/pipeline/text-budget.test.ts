import { TextBudget } from '../../src/pipeline/text-budget.js';

const forever = new AbortController().signal;

describe('the text budget', () => {
  it('divides half of itself among the workers', () => {
    expect(new TextBudget(1_000, 10).shareBytes).toBe(50);
    expect(new TextBudget(1_001, 3).shareBytes).toBe(166);
  });

  it('admits large texts in order, as far as they fit', async () => {
    const budget = new TextBudget(1_000, 10);
    const order: string[] = [];
    const reserve = async (name: string, bytes: number) => {
      const release = await budget.reserve(bytes, forever);
      order.push(name);
      return release;
    };
    const [first, second] = await Promise.all([reserve('first', 300), reserve('second', 200)]);
    const third = reserve('third', 300);
    const fourth = reserve('fourth', 100);
    first();
    const releaseThird = await third;
    expect(order).toEqual(['first', 'second', 'third']);
    second();
    (await fourth)();
    releaseThird();
    expect(order).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('admits a text larger than all of it alone', async () => {
    const budget = new TextBudget(1_000, 10);
    const release = await budget.reserve(1_000_000, forever);
    let admitted = false;
    const next = budget.reserve(1, forever).then((releaseNext) => {
      admitted = true;
      releaseNext();
    });
    await Promise.resolve();
    expect(admitted).toBe(false);
    release();
    await next;
    expect(admitted).toBe(true);
  });
});
