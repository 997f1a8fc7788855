import { spawnSync } from 'node:child_process';
import { insertBlock, insertBlocks } from '../support/fixtures.js';
import { useMonitoredSite } from '../support/prometheus/monitored-site.js';
import { describeWithPrometheus } from '../support/prometheus/programs.js';
import type { Sample } from '../support/prometheus/prometheus.js';
import { countByStatus, untilIdle, untilStatus } from '../support/worker-blocks.js';
import { get } from '../support/worker-http.js';

const values = (samples: readonly Sample[]) => samples.map(({ value }) => value);

describeWithPrometheus('Prometheus, with two replicas', { server: true }, (programs) => {
  const site = useMonitoredSite(programs);

  it('finds nothing to complain of in what they tell', async () => {
    for (const url of site().urls) {
      const { text } = await get(`${url}/metrics`);
      const { status, stdout, stderr } = spawnSync(programs.promtool, ['check', 'metrics'], { input: text });
      expect({ status, says: `${stdout.toString()}${stderr.toString()}` }).toEqual({ status: 0, says: '' });
    }
  });

  it('counts both, and one leader', async () => {
    const { prometheus } = site();
    await prometheus.until('sum(embedding_bridge_leader)', ([sum]) => sum?.value === 1);
    await prometheus.until('min(embedding_listener_up)', ([min]) => min?.value === 1);
    await prometheus.scraped();
    expect(values(await prometheus.query('count(embedding_build_info)'))).toEqual([2]);
    expect(values(await prometheus.query('count(embedding_bridge_leader)'))).toEqual([2]);
    expect(values(await prometheus.query('min(embedding_queue_readable)'))).toEqual([1]);
  });

  it('adds up to what is in the database', async () => {
    const { db, ollama, prometheus } = site();
    ollama.faults.add({ preset: 'poison', text: 'poison' });
    await insertBlocks(db, 60);
    await insertBlock(db, { content: '' });
    await untilStatus(db, await insertBlock(db, { content: 'poison' }), 'error');
    await untilIdle(db);
    const written = await countByStatus(db);
    expect(written).toEqual({ completed: 60, error: 1, skipped: 1 });
    await prometheus.until('sum(embedding_total{outcome=~"completed|skipped"})', ([sum]) => sum?.value === 61);
    const byOutcome = await prometheus.query('sum by (outcome) (embedding_total)');
    expect(Object.fromEntries(byOutcome.map(({ metric, value }) => [metric['outcome'], value]))).toMatchObject({
      completed: written['completed'],
      skipped: written['skipped'],
      gone: 0,
    });
    // Counted once the commit is answered, so perhaps after it is seen in the database.
    await prometheus.until('sum(embedding_errors_total{reason="OLLAMA_REJECTED"})', ([sum]) => sum?.value === 1);
    await prometheus.scraped();
    expect(values(await prometheus.query('sum(embedding_latency_seconds_count{priority="live"})'))).toEqual([60]);
    expect(values(await prometheus.query('sum(embedding_errors_total{reason="OLLAMA_REJECTED"})'))).toEqual([1]);
    expect(values(await prometheus.query('sum(embedding_set_aside_total)'))).toEqual([1]);
    await prometheus.until('max(embedding_dead_letters)', ([max]) => max?.value === 1); // read once a second
    expect(values(await prometheus.query('sum(embedding_enqueued_total)'))).toEqual([62]);
    expect(values(await prometheus.query('sum(embedding_request_texts_sum) >= 61'))).toHaveLength(1);
    ollama.faults.clear();
  });

  it('hears from each replica the same of the one queue, and why work is held', async () => {
    const { db, ollama, prometheus } = site();
    ollama.faults.add('no-model');
    await insertBlocks(db, 30);
    const depths = await prometheus.until(
      'embedding_queue_depth',
      (samples) => samples.length === 2 && samples.every(({ value }) => value === 30),
    );
    expect(depths).toHaveLength(2);
    expect(values(await prometheus.until('max(embedding_queue_depth)', ([max]) => max?.value === 30))).toEqual([30]);
    await prometheus.until('sum(max by (state) (embedding_jobs))', ([sum]) => sum?.value === 30);
    await prometheus.until('min(embedding_gate_open)', ([min]) => min?.value === 0);
    const [why] = await prometheus.until('max by (reason) (embedding_gate_reason)', (samples) => samples.length === 1);
    expect(why).toEqual({ metric: { reason: 'OLLAMA_MODEL_MISSING' }, value: 1 });
    await prometheus.until(
      'max(embedding_oldest_waiting_seconds{priority="live"}) > 0.5',
      (samples) => samples.length === 1,
    );
    ollama.faults.clear();
    await untilIdle(db);
    await prometheus.until('max(embedding_queue_depth)', ([max]) => max?.value === 0);
    await prometheus.until('max(embedding_oldest_waiting_seconds)', ([max]) => max?.value === 0);
    await prometheus.until('min(embedding_gate_open)', ([min]) => min?.value === 1);
    expect(
      values(await prometheus.query('sum(embedding_gate_closures_total{reason="OLLAMA_MODEL_MISSING"}) >= 1')),
    ).toHaveLength(1);
  });
});
