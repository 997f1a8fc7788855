import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { editBlock, expectEmbedded, jobsOf, readBlock, untilJob, untilStatus } from '../support/worker-blocks.js';
import { hangBetweenFailures } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';

/** Ollama rejects this text every time. */
const POISON = { preset: 'poison', text: 'poison' } as const;

describeWithServer('a block whose own text fails', () => {
  const site = useSite({
    environment: { PALDOCS_RETRY_DELAY_SECONDS: '3600', PALDOCS_RETRY_DELAY_MAX_SECONDS: '7200' },
  });

  it('waits in retry with status pending, while the others of its request are stored', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add(POISON);
    const contents = ['one', 'two', 'poison', 'four', 'five'];
    const ids = await insertBlocks(db, contents.length, { content: (index) => contents[index] });
    const poisoned = ids[2] ?? '';
    for (const [index, id] of ids.entries()) {
      if (id !== poisoned) await expectEmbedded(db, id, contents[index] ?? '');
    }
    const job = await untilJob(db, poisoned, ({ state }) => state === 'retry');
    expect(job.data).toMatchObject({ failures: 1 });
    expect(job.output).toMatchObject({ reason: 'OLLAMA_REJECTED', failures: 1 });
    expect(await readBlock(db, poisoned)).toEqual({ status: 'pending', vector: null });
    await worker.events.until(({ seen }) => seen.failed.length > 0);
    expect(worker.events.seen.failed).toEqual([{ reason: 'OLLAMA_REJECTED', final: false }]);
  });

  it('keeps its old vector until it has a new one', async () => {
    const { db, ollama, worker } = site();
    const id = await insertBlock(db, { content: 'once good' });
    await expectEmbedded(db, id, 'once good');
    const { vector } = await readBlock(db, id);
    ollama.faults.add(POISON);
    await editBlock(db, id, { content: 'now poison' });
    await worker.events.until(({ seen }) => seen.failed.length > 0);
    expect(await readBlock(db, id)).toEqual({ status: 'pending', vector });
  });

  it('is tried again at once when it is edited', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilJob(db, id, ({ state }) => state === 'retry');
    await editBlock(db, id, { content: 'fixed' });
    await expectEmbedded(db, id, 'fixed');
    expect((await jobsOf(db, id)).map(({ state, output }) => [state, output?.['outcome']])).toEqual([
      ['completed', 'superseded'],
      ['completed', 'stored'],
    ]);
    await worker.events.until((events) => events.seen.bridged.some(({ raised }) => raised === 1));
  });

  it('starts with new counts when it is edited', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilJob(db, id, ({ state }) => state === 'retry');
    await editBlock(db, id, { content: 'another poison' });
    await worker.events.until(({ seen }) => seen.failed.length === 2);
    const job = await untilJob(db, id, ({ state }) => state === 'retry');
    expect(job.data).toMatchObject({ failures: 1 });
  });

  it('has no failure if its text was edited in the meantime', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add(POISON);
    const failing = hangBetweenFailures(site());
    const id = await insertBlock(db, { content: 'poison' });
    await failing.reached();
    await editBlock(db, id, { content: 'good now' });
    failing.release();
    await expectEmbedded(db, id, 'good now');
    expect(worker.events.seen.failed).toEqual([]);
    expect((await jobsOf(db, id)).some(({ data }) => 'failures' in data)).toBe(false);
  });
});

describeWithServer('a block that fails once', () => {
  const site = useSite({ environment: { PALDOCS_RETRY_DELAY_SECONDS: '1', PALDOCS_RETRY_DELAY_MAX_SECONDS: '1' } });

  it('is embedded by its retry', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ ...POISON, count: 3 }); // failures alone before the text is at fault
    const id = await insertBlock(db, { content: 'poison, but only once' });
    await worker.events.until(({ seen }) => seen.failed.length === 1);
    await untilStatus(db, id, 'completed', 15_000);
    expect(worker.events.seen.failed).toEqual([{ reason: 'OLLAMA_REJECTED', final: false }]);
  });
});
