import { StatementNames } from '../../src/postgres/statement-names.js';

describe('the name of a statement', () => {
  let names: StatementNames;
  beforeEach(() => {
    names = new StatementNames();
  });

  const times = (count: number, text: string) => Array.from({ length: count }, () => names.of(text));

  it('is given after some uses, and stays the same', () => {
    const [first, second, third, ...later] = times(6, 'SELECT $1');
    expect([first, second, third]).toEqual([undefined, undefined, undefined]);
    expect(new Set(later).size).toBe(1);
    expect(later[0]).toEqual(expect.any(String));
  });

  it('is unique', () => {
    expect(times(4, 'SELECT 1').at(-1)).not.toBe(times(4, 'SELECT 2').at(-1));
  });

  it('is not given to several statements in one text', () => {
    expect(times(9, 'BEGIN; SELECT 1').every((name) => name === undefined)).toBe(true);
  });

  it('is not given to more statements than the maximum; the others keep theirs', () => {
    const known = times(4, 'SELECT 0').at(-1);
    for (let n = 1; n < 1_000; n++) names.of(`SELECT ${n}`);
    expect(times(9, 'SELECT 1000').every((name) => name === undefined)).toBe(true);
    expect(names.of('SELECT 0')).toBe(known);
  });
});
