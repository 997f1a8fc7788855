import { spawnSync } from 'node:child_process';
import { insertBlock, insertBlocks } from '../../support/fixtures.js';
import { useMonitoredSite } from '../../support/prometheus/monitored-site.js';
import { describeWithPrometheus } from '../../support/prometheus/programs.js';
import { countByStatus, untilIdle, untilStatus } from '../../support/worker-blocks.js';
import { get } from '../../support/worker-http.js';

describeWithPrometheus('Prometheus, with two replicas', { server: true }, (programs) => {
  const site = useMonitoredSite(programs);

  it('accepts their metrics without warnings', async () => {
    for (const url of site().urls) {
      const { text } = await get(`${url}/metrics`);
      const { status, stdout, stderr } = spawnSync(programs.promtool, ['check', 'metrics'], { input: text });
      expect({ status, says: `${stdout.toString()}${stderr.toString()}` }).toEqual({ status: 0, says: '' });
    }
  });

  it('counts two replicas and one leader', async () => {
    const { prometheus } = site();
    await prometheus.untilSteady('sum(embedding_leader)', 1);
    await prometheus.untilSteady('min(embedding_listener_up)', 1);
    await prometheus.untilSteady('count(embedding_build_info)', 2);
    await prometheus.untilSteady('count(embedding_leader)', 2);
    await prometheus.untilSteady('min(embedding_queue_readable)', 1);
  });

  it('agrees with the database', async () => {
    const { db, ollama, prometheus } = site();
    ollama.faults.add({ preset: 'poison', text: 'poison' });
    await insertBlocks(db, 60);
    await insertBlock(db, { content: '' });
    await untilStatus(db, await insertBlock(db, { content: 'poison' }), 'error');
    await untilIdle(db);
    expect(await countByStatus(db)).toEqual({ completed: 60, error: 1, skipped: 1 });
    // Counted after the commit is answered, so perhaps after the database shows it.
    await prometheus.untilSteady('sum(embedding_total{outcome="completed"})', 60);
    await prometheus.untilSteady('sum(embedding_total{outcome="skipped"})', 1);
    await prometheus.untilSteady('sum(embedding_total{outcome="gone"})', 0);
    await prometheus.untilSteady('sum(embedding_errors_total{reason="OLLAMA_REJECTED"})', 1);
    await prometheus.untilSteady('sum(embedding_latency_seconds_count{priority="live"})', 60);
    await prometheus.untilSteady('sum(embedding_dead_lettered_total)', 1);
    await prometheus.untilSteady('max(embedding_dead_letters)', 1); // read once a second
    await prometheus.untilSteady('sum(embedding_enqueued_total)', 62);
    await prometheus.until('sum(embedding_request_texts_sum) >= 61', ({ length }) => length === 1);
    ollama.faults.clear();
  });

  it('gets the same queue values from each replica, and the reason why work is paused', async () => {
    const { db, ollama, prometheus } = site();
    ollama.faults.add('no-model');
    await insertBlocks(db, 30);
    await prometheus.until(
      'embedding_queue_depth',
      (samples) => samples.length === 2 && samples.every(({ value }) => value === 30),
    );
    await prometheus.untilSteady('max(embedding_queue_depth)', 30);
    await prometheus.untilSteady('sum(max by (state) (embedding_jobs))', 30);
    await prometheus.untilSteady('min(embedding_gate_open)', 0);
    const [why] = await prometheus.until('max by (reason) (embedding_gate_reason)', (samples) => samples.length === 1);
    expect(why).toEqual({ metric: { reason: 'OLLAMA_MODEL_MISSING' }, value: 1 });
    await prometheus.until(
      'max(embedding_oldest_waiting_seconds{priority="live"}) > 0.5',
      (samples) => samples.length === 1,
    );
    ollama.faults.clear();
    await untilIdle(db);
    await prometheus.untilSteady('max(embedding_queue_depth)', 0);
    await prometheus.untilSteady('max(embedding_oldest_waiting_seconds)', 0);
    await prometheus.untilSteady('min(embedding_gate_open)', 1);
    await prometheus.until(
      'sum(embedding_gate_closures_total{reason="OLLAMA_MODEL_MISSING"}) >= 1',
      ({ length }) => length === 1,
    );
  });
});
