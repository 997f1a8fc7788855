import { EventEmitter, once } from 'node:events';
import { GroupCommit } from '../../src/pipeline/group-commit.js';

/** Rounds that the test ends. */
class Rounds {
  readonly started: (readonly string[])[] = [];
  readonly #events = new EventEmitter();
  readonly #open: PromiseWithResolvers<undefined>[] = [];

  readonly run = async (items: readonly string[]): Promise<string[]> => {
    this.started.push(items);
    const round = Promise.withResolvers<undefined>();
    this.#open.push(round);
    this.#events.emit('started');
    await round.promise;
    return items.map((item) => item.toUpperCase());
  };

  async until(count: number): Promise<void> {
    while (this.started.length < count) await once(this.#events, 'started');
  }

  end(n: number): void {
    this.#open[n]?.resolve(undefined);
  }

  fail(n: number, error: Error): void {
    this.#open[n]?.reject(error);
  }
}

describe('a group commit', () => {
  let rounds: Rounds;
  beforeEach(() => {
    rounds = new Rounds();
  });

  const groupCommit = (overlapAfterMs = 60_000) =>
    new GroupCommit({ overlapAfterMs, maxItems: 5, size: (item: string) => item.length, run: rounds.run });

  it('starts a round at once if none is under way', async () => {
    const done = groupCommit().run('a');
    expect(rounds.started).toEqual([['a']]);
    rounds.end(0);
    expect(await done).toBe('A');
  });

  it('takes items that arrive during a round into the next one and returns each its result', async () => {
    const commit = groupCommit();
    const done = ['a', 'b', 'c'].map((item) => commit.run(item));
    expect(rounds.started).toEqual([['a']]);
    rounds.end(0);
    await rounds.until(2);
    rounds.end(1);
    expect(await Promise.all(done)).toEqual(['A', 'B', 'C']);
    expect(rounds.started).toEqual([['a'], ['b', 'c']]);
  });

  it('limits the size of a round and keeps the order of items', async () => {
    const commit = groupCommit();
    const done = ['a', 'bbb', 'cc', 'ddd', 'eeeeeeeee', 'f'].map((item) => commit.run(item));
    for (let n = 0; n < 5; n++) {
      await rounds.until(n + 1);
      rounds.end(n);
    }
    await Promise.all(done);
    expect(rounds.started).toEqual([['a'], ['bbb', 'cc'], ['ddd'], ['eeeeeeeee'], ['f']]);
  });

  it('does not wait for a round that takes too long', async () => {
    const commit = groupCommit(1);
    const hung = commit.run('a');
    const other = commit.run('b');
    await rounds.until(2);
    rounds.end(1);
    expect(await other).toBe('B');
    rounds.end(0);
    expect(await hung).toBe('A');
  });

  it('repeats a failed round item by item, so that only the failing item fails', async () => {
    const commit = groupCommit();
    const first = commit.run('a');
    const done = Promise.allSettled([commit.run('b'), commit.run('c')]);
    rounds.end(0);
    await first;
    await rounds.until(2);
    rounds.fail(1, new Error('refused'));
    await rounds.until(3);
    rounds.fail(2, new Error('b is refused'));
    await rounds.until(4);
    rounds.end(3);
    expect(
      (await done).map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ).toEqual(['Error: b is refused', 'C']);
    expect(rounds.started).toEqual([['a'], ['b', 'c'], ['b'], ['c']]);
  });

  it('does not repeat a round that failed because of the environment', async () => {
    const commit = groupCommit();
    const first = commit.run('a');
    const done = Promise.allSettled([commit.run('b'), commit.run('c')]);
    rounds.end(0);
    await first;
    await rounds.until(2);
    rounds.fail(1, Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    expect((await done).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(rounds.started).toHaveLength(2);
  });
});
