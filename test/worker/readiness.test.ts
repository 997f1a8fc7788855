import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { expectEmbedded } from '../support/worker-blocks.js';
import { hang } from '../support/worker-hold.js';
import { get, readMetric } from '../support/worker-http.js';
import { useSite } from '../support/worker-site.js';

describeWithServer('a worker that is shutting down', () => {
  const site = useSite();

  it('is healthy but not ready', async () => {
    const { db, worker } = site();
    const request = hang(site(), 'the last request');
    await insertBlock(db, { content: 'the last request' });
    await request.reached();
    const stopping = worker.stop();
    expect(await get(`${worker.url}/readyz`)).toMatchObject({
      status: 503,
      json: { ok: false, parts: { worker: { ok: false, detail: 'shutting down' } } },
    });
    expect(await get(`${worker.url}/healthz`)).toMatchObject({ status: 200 });
    request.release();
    await stopping;
  });
});

describeWithServer('a worker whose Ollama is away', () => {
  const site = useSite();

  it('is healthy and ready', async () => {
    const { db, ollama, worker } = site();
    ollama.faults.add('refuse');
    const id = await insertBlock(db);
    await worker.events.until(({ seen }) => seen.gate.length === 1);
    expect(await get(`${worker.url}/healthz`)).toMatchObject({ status: 200 });
    expect(await get(`${worker.url}/readyz`)).toMatchObject({ status: 200 });
    expect(await readMetric(worker.url, 'embedding_gate_open')).toBe(0);
    ollama.faults.clear();
    await expectEmbedded(db, id, 'Some text.');
    expect(await readMetric(worker.url, 'embedding_gate_open')).toBe(1);
  });
});
