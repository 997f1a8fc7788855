import { askForSweep } from '../support/ask-for-sweep.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { editBlock, expectEmbedded, jobsOf, readBlock, untilStatus } from '../support/worker-blocks.js';
import { useSite, type Site } from '../support/worker-site.js';

const POISON = { preset: 'poison', text: 'poison' } as const;

/** The dead letters of a block, oldest first. */
async function deadLettersOf({ db }: Site, blockId: string) {
  return await db.query<{ data: object; report: Record<string, unknown>; source: string }>(
    `SELECT data, source_output AS report, source_name AS source FROM pgboss.job
      WHERE name = 'embed-block-failed' AND singleton_key = $1 AND state = 'created' ORDER BY created_on`,
    [blockId],
  );
}

async function sweep({ db, worker }: Site): Promise<void> {
  const before = worker.events.seen.swept.length;
  await askForSweep(db);
  await worker.events.until(({ seen }) => seen.swept.length > before);
}

describeWithServer('a block whose retries are used up', () => {
  const site = useSite({ environment: { PALDOCS_RETRY_LIMIT: '0' } });

  it('ends in error with one dead letter that holds reason, failures, time and fingerprint', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add(POISON);
    const before = Date.now();
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error');
    expect(await readBlock(db, id)).toEqual({ status: 'error', vector: null });
    const [record, ...others] = await deadLettersOf(site(), id);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      data: { blockId: id },
      source: 'embed-block',
      report: {
        reason: 'OLLAMA_REJECTED',
        message: expect.stringContaining('the input cannot be embedded') as string,
        failures: 1,
        crashes: 0,
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    });
    expect(Date.parse(String(record?.report['at']))).toBeGreaterThanOrEqual(before - 1);
    await worker.events.until(({ seen }) => seen.failed.length > 0);
    expect(worker.events.seen.failed).toEqual([{ reason: 'OLLAMA_REJECTED', final: true }]);
  });

  it('is left alone by the sweep and keeps its dead letter', async () => {
    const { db, ollama } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error');
    ollama.faults.clear();
    await sweep(site());
    expect(await readBlock(db, id)).toMatchObject({ status: 'error' });
    expect(await deadLettersOf(site(), id)).toHaveLength(1);
    expect(await jobsOf(db, id)).toMatchObject([{ state: 'failed' }]);
  });

  it('is embedded after an edit, and the next sweep deletes its dead letter', async () => {
    const { db, ollama } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error');
    await editBlock(db, id, { content: 'fixed' });
    await expectEmbedded(db, id, 'fixed');
    await sweep(site());
    expect(await deadLettersOf(site(), id)).toEqual([]);
  });

  it('has one dead letter, of its new text, after it is edited and fails again', async () => {
    const { db, ollama } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error');
    const [first] = await deadLettersOf(site(), id);
    await editBlock(db, id, { content: 'another poison' });
    await untilStatus(db, id, 'error');
    await sweep(site());
    const records = await deadLettersOf(site(), id);
    expect(records).toHaveLength(1);
    expect(records[0]?.report['fingerprint']).not.toBe(first?.report['fingerprint']);
  });

  it('loses its dead letter when it is deleted', async () => {
    const { db, ollama } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error');
    await db.query('DELETE FROM blocks WHERE id = $1', [id]);
    await sweep(site());
    expect(await deadLettersOf(site(), id)).toEqual([]);
  });

  it.each([
    ['zero-vectors', 'EMBEDDING_ZERO'],
    ['null-value', 'EMBEDDING_NOT_FINITE'],
    ['infinite-value', 'EMBEDDING_NOT_FINITE'],
    ['nan', 'OLLAMA_NAN'],
    ['nan-old', 'OLLAMA_NAN'],
  ] as const)('has, if Ollama returns %s, the reason %s', async (preset, reason) => {
    const { db, ollama } = site();
    ollama.faults.add({ preset, text: 'bad vector' });
    const id = await insertBlock(db, { content: 'bad vector' });
    await untilStatus(db, id, 'error');
    expect(await deadLettersOf(site(), id)).toMatchObject([{ report: { reason } }]);
  });
});

describeWithServer('a block with one retry', () => {
  const site = useSite({
    environment: {
      PALDOCS_RETRY_LIMIT: '1',
      PALDOCS_RETRY_DELAY_SECONDS: '1',
      PALDOCS_RETRY_DELAY_MAX_SECONDS: '1',
    },
  });

  it('ends in error after two failures', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add(POISON);
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error', 15_000);
    expect(await deadLettersOf(site(), id)).toMatchObject([{ report: { failures: 2 } }]);
    await worker.events.until(({ seen }) => seen.failed.length === 2);
    expect(worker.events.seen.failed.map(({ final }) => final)).toEqual([false, true]);
  });
});
