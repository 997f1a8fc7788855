import { readFile } from 'node:fs/promises';
import { createEvents, OUTCOME_LABELS, REQUEUE_REASONS } from '../../src/telemetry/events.js';
import { createMetrics } from '../../src/monitoring/metrics/create-metrics.js';

/** The cells of the table that begins with this header. */
function rowsOf(text: string, header: string): string[][] {
  const lines = text.slice(text.indexOf(`| ${header} |`)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

describe('docs/metrics.md', () => {
  let text: string;
  const jobs = { created: 1, retry: 1, active: 1, deadLetters: 1, oldestSeconds: { live: 1, backlog: 1 } };
  const registry = createMetrics({
    events: createEvents(),
    version: '1',
    queue: 'embed-block',
    readLiveJobs: () => Promise.resolve(jobs),
  });
  beforeAll(async () => {
    text = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  });

  it('lists exactly the existing metrics, with type, labels and meaning', async () => {
    const types = new Map(
      [...(await registry.metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, ...pair]) => pair as [string, string]),
    );
    const documented = rowsOf(text, 'metric').map(([name = '', type = '', labels = '', , , help = '']) => ({
      ...{ name: names(name)[0], type, labels: names(labels), help },
    }));
    const there = registry.getMetricsAsArray().map((metric) => ({
      name: metric.name,
      type: types.get(metric.name),
      labels: (metric as unknown as { labelNames: string[] }).labelNames.filter((label) => label !== 'le'),
      help: metric.help,
    }));
    const own = there.filter(({ name }) => name.startsWith('embedding_'));
    expect(own.length).toBeGreaterThan(20);
    const sorted = <T extends { name: string | undefined }>(metrics: T[]) =>
      [...metrics].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
    expect(sorted(documented)).toEqual(sorted(own));
  });

  it('says what each describes and how to aggregate it, consistently with its type', () => {
    for (const [name = '', type, , of = '', over = ''] of rowsOf(text, 'metric')) {
      expect([name, of]).toEqual([name, expect.stringMatching(/^(process|queue|leader)$/)]);
      expect([name, over]).toEqual([name, expect.stringMatching(/^(sum|max|min|count)$/)]);
      if (type !== 'gauge') expect([name, over]).toEqual([name, 'sum']);
      if (of === 'queue') expect([name, over]).toEqual([name, 'max']);
    }
  });

  it('lists the values of the labels', () => {
    const values = Object.fromEntries(rowsOf(text, 'label').map(([label = '', list = '']) => [label, names(list)]));
    expect(values['`outcome`']).toEqual([...OUTCOME_LABELS]);
    expect(values['`reason` of requeues']).toEqual([...REQUEUE_REASONS]);
  });
});
