import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { GroupCommit } from '../../src/pipeline/group-commit.js';

/** Turns that end when they are told to. */
class Turns {
  readonly taken: (readonly string[])[] = [];
  readonly #events = new EventEmitter();
  readonly #open: PromiseWithResolvers<undefined>[] = [];

  readonly perform = async (items: readonly string[]): Promise<string[]> => {
    this.taken.push(items);
    const turn = Promise.withResolvers<undefined>();
    this.#open.push(turn);
    this.#events.emit('taken');
    await turn.promise;
    return items.map((item) => item.toUpperCase());
  };

  async until(turns: number): Promise<void> {
    while (this.taken.length < turns) await once(this.#events, 'taken');
  }

  end(n: number): void {
    this.#open[n]?.resolve(undefined);
  }

  fail(n: number, error: Error): void {
    this.#open[n]?.reject(error);
  }
}

describe('what is gathered', () => {
  let turns: Turns;
  beforeEach(() => {
    turns = new Turns();
  });

  const gatherer = (overlapAfterMs = 60_000) =>
    new GroupCommit({ overlapAfterMs, maxItems: 5, size: (item: string) => item.length, run: turns.perform });

  it('goes at once when nothing is under way', async () => {
    const done = gatherer().run('a');
    expect(turns.taken).toEqual([['a']]);
    turns.end(0);
    expect(await done).toBe('A');
  });

  it('goes in one turn after the one under way, and each gets its own result', async () => {
    const one = gatherer();
    const done = ['a', 'b', 'c'].map((item) => one.run(item));
    expect(turns.taken).toEqual([['a']]);
    turns.end(0);
    await turns.until(2);
    turns.end(1);
    expect(await Promise.all(done)).toEqual(['A', 'B', 'C']);
    expect(turns.taken).toEqual([['a'], ['b', 'c']]);
  });

  it('is no more in one turn than its most, in the order in which it was asked for', async () => {
    const one = gatherer();
    const done = ['a', 'bbb', 'cc', 'ddd', 'eeeeeeeee', 'f'].map((item) => one.run(item));
    for (let n = 0; n < 5; n++) {
      await turns.until(n + 1);
      turns.end(n);
    }
    await Promise.all(done);
    expect(turns.taken).toEqual([['a'], ['bbb', 'cc'], ['ddd'], ['eeeeeeeee'], ['f']]);
  });

  it('does not wait for a turn that is overdue', async () => {
    const one = gatherer(1);
    const hung = one.run('a');
    const other = one.run('b');
    await turns.until(2);
    turns.end(1);
    expect(await other).toBe('B');
    turns.end(0);
    expect(await hung).toBe('A');
  });

  it('fails by its own fault alone: the turn is done again one by one', async () => {
    const one = gatherer();
    const first = one.run('a');
    const done = Promise.allSettled([one.run('b'), one.run('c')]);
    turns.end(0);
    await first;
    await turns.until(2);
    turns.fail(1, new Error('refused'));
    await turns.until(3);
    turns.fail(2, new Error('b is refused'));
    await turns.until(4);
    turns.end(3);
    expect(
      (await done).map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ).toEqual(['Error: b is refused', 'C']);
    expect(turns.taken).toEqual([['a'], ['b', 'c'], ['b'], ['c']]);
  });

  it('is not done again where the failure passes by itself: who asked knows how long to wait', async () => {
    const one = gatherer();
    const first = one.run('a');
    const done = Promise.allSettled([one.run('b'), one.run('c')]);
    turns.end(0);
    await first;
    await turns.until(2);
    turns.fail(1, Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    expect((await done).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(turns.taken).toHaveLength(2);
  });
});
