import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { poll } from '../support/poll.js';
import { expectEmbedded, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { hang, keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { get, metricIn, readMetric } from '../support/worker-http.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('the endpoints of a worker', () => {
  const site = useSite();

  it('/healthz returns 200 for a healthy worker', async () => {
    expect(await get(`${site().worker.url}/healthz`)).toMatchObject({ status: 200, json: { ok: true, overdue: [] } });
  });

  it('/readyz returns 200 and the state of each part', async () => {
    const { status, json } = await get(`${site().worker.url}/readyz`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ ok: true, parts: { database: { ok: true }, worker: { ok: true } } });
  });

  it('/metrics returns the format of Prometheus', async () => {
    const { status, type, text } = await get(`${site().worker.url}/metrics`);
    expect(status).toBe(200);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# TYPE embedding_total counter$/m);
  });

  it.each(['/', '/healthz/', '/metrics/x', '/%2e%2e', '//'])('%s returns 404', async (path) => {
    expect(await get(`${site().worker.url}${path}`)).toMatchObject({ status: 404 });
  });

  it.each(['POST', 'PUT', 'DELETE'])('%s returns 405', async (method) => {
    expect(await get(`${site().worker.url}/healthz`, method)).toMatchObject({ status: 405 });
  });
});

describeWithServer('the metrics of a worker', () => {
  const site = useSite({
    environment: { PALDOCS_RETRY_LIMIT: '0', ...ONE_WORKER },
    standIn: { contextTokens: 200 },
  });

  const metric = (name: string) => readMetric(site().worker.url, name);

  it('count each block in embedding_total by its outcome', async () => {
    const { db, worker } = site();
    const before = await get(`${worker.url}/metrics`);
    const count = (text: string) =>
      Object.fromEntries(
        ['completed', 'superseded', 'skipped', 'gone'].map((outcome) => [
          outcome,
          metricIn(text, `embedding_total{outcome="${outcome}"}`),
        ]),
      );
    expect(count(before.text)).toEqual({ completed: 0, superseded: 0, skipped: 0, gone: 0 });
    await insertBlocks(db, 3);
    const empty = await insertBlock(db, { content: '' });
    await untilStatus(db, empty, 'skipped');
    await untilIdle(db);
    const request = hang(site(), 'soon deleted');
    const doomed = await insertBlock(db, { content: 'soon deleted' });
    await request.reached();
    await db.query('DELETE FROM blocks WHERE id = $1', [doomed]);
    request.release();
    await worker.events.until((events) => events.settled('gone') === 1 && events.settled('completed') === 3);
    const after = await get(`${worker.url}/metrics`);
    expect(count(after.text)).toEqual({ completed: 3, superseded: 1, skipped: 1, gone: 1 });
  });

  it('count failures in embedding_errors_total by their reason', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add({ preset: 'poison', text: 'poison' });
    const id = await insertBlock(db, { content: 'poison' });
    await untilStatus(db, id, 'error');
    await worker.events.until(({ seen }) => seen.failed.length === 1);
    expect(await metric('embedding_errors_total{reason="OLLAMA_REJECTED"}')).toBe(1);
    expect(await metric('embedding_dead_lettered_total')).toBe(1);
  });

  it('measure requests in embedding_duration_seconds', async () => {
    const { db, ollama } = site();
    const before = (await metric('embedding_duration_seconds_count')) ?? 0;
    const sumBefore = (await metric('embedding_duration_seconds_sum')) ?? 0;
    ollama.faults.add({ effect: { kind: 'delay', ms: 120 }, endpoint: '/api/embed' });
    const id = await insertBlock(db, { content: 'slow' });
    await expectEmbedded(db, id, 'slow');
    expect(await metric('embedding_duration_seconds_count')).toBe(before + 1);
    expect((await metric('embedding_duration_seconds_sum')) ?? 0).toBeGreaterThanOrEqual(sumBefore + 0.12);
  });

  it('report live jobs in embedding_queue_depth', async () => {
    const { db } = site();
    const busy = await keepBusy(site());
    await insertBlocks(db, 20);
    await db.untilRow<{ live: number }>(
      `SELECT count(*)::int AS live FROM pgboss.job WHERE name = 'embed-block' AND state <= 'active'`,
      [],
      ({ live }) => live === 21,
    );
    // The database is asked at most once a second, whatever the number of scrapes.
    const depth = await poll(3_000, async () => ((await metric('embedding_queue_depth')) === 21 ? 21 : undefined));
    expect(depth).toBe(21);
    busy.release();
    await untilIdle(db);
  });

  it('count texts that are embedded in parts', async () => {
    const { db } = site();
    const before = (await metric('embedding_split_texts_total')) ?? 0;
    const id = await insertBlock(db, { content: 'A sentence of some length. '.repeat(30) });
    await untilStatus(db, id, 'completed');
    expect(await metric('embedding_split_texts_total')).toBe(before + 1);
  });

  it('report leader, listener and version', async () => {
    const { text } = await get(`${site().worker.url}/metrics`);
    expect(metricIn(text, 'embedding_leader')).toBe(1);
    expect(metricIn(text, 'embedding_listener_up')).toBe(1);
    expect(text).toContain('embedding_build_info{version="0.0.0-test"');
  });

  it('contain neither ids nor texts', async () => {
    const { db, worker } = site();
    const id = await insertBlock(db, { content: 'a secret text' });
    await expectEmbedded(db, id, 'a secret text');
    const { text } = await get(`${worker.url}/metrics`);
    const labels = [...text.matchAll(/^embedding_\w+\{([^}]*)\}/gm)].map(([, all = '']) =>
      all.replace(/="[^"]*"/g, ''),
    );
    expect(text).not.toContain('secret');
    expect(new Set(labels.flatMap((all) => all.split(',')))).toEqual(
      new Set(['queue', 'outcome', 'reason', 'priority', 'state', 'by', 'le', 'version', 'node']),
    );
  });
});
