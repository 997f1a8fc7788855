import { createEvents } from '../../../src/telemetry/events.js';
import { createMetrics } from '../../../src/monitoring/metrics/create-metrics.js';
import { askForSweep } from '../../support/ask-for-sweep.js';
import { insertBlock, insertBlocks } from '../../support/fixtures.js';
import { readDashboard, substituted, type Dashboard, type Panel } from '../../support/prometheus/dashboard.js';
import { useMonitoredSite } from '../../support/prometheus/monitored-site.js';
import { describeWithPrometheus } from '../../support/prometheus/programs.js';
import { untilIdle, untilStatus } from '../../support/worker-blocks.js';

/** Has no series in normal operation: the reason why the gate is closed. */
const EMPTY_WHILE_WELL = /embedding_gate_reason|embedding_paused/;

const queriesOf = ({ panels }: Dashboard) =>
  panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe('the dashboard', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await readDashboard();
  });

  it('has a row for each question', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual(['Freshness', 'Throughput', 'Ollama', 'Queue', 'Health']);
  });

  it('has panels that describe what they show, with a unit', () => {
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { title, description, fieldConfig, targets = [] } of panels) {
      expect([title, description]).toEqual([title, expect.stringMatching(/^.{10,}\.$/)]);
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.stringMatching(/./)]);
      expect([title, targets.length > 0]).toEqual([title, true]);
    }
  });

  it('has panels that do not overlap', () => {
    const overlaps = (a: Panel['gridPos'], b: Panel['gridPos']) =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    const pairs = dashboard.panels.flatMap((a, i) => dashboard.panels.slice(i + 1).map((b) => [a, b] as const));
    expect(
      pairs.filter(([a, b]) => overlaps(a.gridPos, b.gridPos)).map((pair) => pair.map(({ title }) => title)),
    ).toEqual([]);
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it('uses only existing metrics and variables, and the chosen namespace and queue', () => {
    const registry = createMetrics({
      events: createEvents(),
      version: '1',
      queue: 'embed-block',
      readLiveJobs: () => new Promise(() => undefined),
    });
    const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const variables = new Set(dashboard.templating.list.map(({ name }) => name));
    expect(variables).toEqual(new Set(['datasource', 'namespace', 'queue']));
    for (const { title, expr } of queriesOf(dashboard)) {
      const asked = [...expr.matchAll(/\b(?:embedding|process|nodejs)_\w+/g)].map(([name]) => name);
      const unknown = asked.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, '')));
      expect([title, unknown]).toEqual([title, []]);
      expect([title, expr]).toEqual([title, expect.stringContaining('{namespace=~"$namespace",queue=~"$queue"')]);
      expect([title, /\$(?!namespace\b|queue\b|__rate_interval\b)/.test(expr)]).toEqual([title, false]);
    }
  });
});

describeWithPrometheus('the queries of the dashboard', { server: true }, (programs) => {
  const site = useMonitoredSite(programs);

  it('all return data, except those that need a failure', async () => {
    const { db, ollama, prometheus } = site();
    await prometheus.scraped(); // before anything is counted: an increase is one from here
    const rejected = ollama.faults.add({ preset: 'poison', text: 'poison' });
    await untilStatus(db, await insertBlock(db, { content: 'poison' }), 'error');
    rejected.remove();
    await insertBlocks(db, 40);
    await untilIdle(db);
    await askForSweep(db);
    await prometheus.until('sum(increase(embedding_sweep_duration_seconds_count[1m])) > 0', ({ length }) => length > 0);
    await prometheus.until('max(embedding_dead_letters) == 1', ({ length }) => length > 0);
    const queries = queriesOf(await readDashboard());
    expect(queries.length).toBeGreaterThan(40);
    for (const { title, expr } of queries) {
      const query = substituted(expr);
      if (EMPTY_WHILE_WELL.test(expr)) expect([title, await prometheus.query(query)]).toEqual([title, []]);
      else await prometheus.until(query, (samples) => samples.some(({ value }) => Number.isFinite(value)));
    }
  });

  it('return the reason when work is paused', async () => {
    const { db, ollama, prometheus } = site();
    ollama.faults.add('no-model');
    await insertBlocks(db, 1);
    const query = queriesOf(await readDashboard()).find(({ expr }) => EMPTY_WHILE_WELL.test(expr));
    const [sample] = await prometheus.until(substituted(query?.expr ?? ''), ({ length }) => length > 0);
    expect(sample).toEqual({ metric: { reason: 'OLLAMA_MODEL_MISSING' }, value: 1 });
    ollama.faults.clear();
    await untilIdle(db);
  });
});
