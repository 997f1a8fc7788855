import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvents } from '../../../src/telemetry/events.js';
import { createMetrics } from '../../../src/monitoring/metrics/create-metrics.js';
import { describeWithPrometheus } from '../../support/prometheus/programs.js';
import { readAlerts, readRules } from '../../support/prometheus/rules.js';
import { ALERT_CASES, type AlertCase } from './alert-cases.js';

const ROOT = join(import.meta.dirname, '../../..');
const EMBEDDER = join(ROOT, 'src/embedder');
const RUNBOOK = join(ROOT, 'docs/alerts.md');

describe('the cases', () => {
  it('show each alert firing and staying quiet', async () => {
    const alerts = (await readAlerts()).map(({ alert }) => alert);
    expect(ALERT_CASES.map(({ alert }) => alert).sort()).toEqual(alerts.sort());
    expect(ALERT_CASES.filter(({ quiet }) => quiet.length === 0)).toEqual([]);
  });
});

describe('the alerts', () => {
  const registry = createMetrics({
    events: createEvents(),
    version: '1',
    queue: 'embed-block',
    readLiveJobs: () => new Promise(() => undefined),
  });

  it('use only metrics that exist', async () => {
    // kube-state-metrics has the second: https://github.com/kubernetes/kube-state-metrics, docs/metrics/workload/job-metrics.md
    const known = new Set([...registry.getMetricsAsArray().map(({ name }) => name), 'kube_job_failed']);
    for (const { alert, expr } of await readAlerts()) {
      const asked = [...expr.matchAll(/(?:embedding|kube)_\w+/g)].map(([name]) =>
        name.replace(/_(bucket|count|sum)$/, ''),
      );
      expect(asked.length).toBeGreaterThan(0);
      expect([alert, ...asked.filter((name) => !known.has(name))]).toEqual([alert]);
    }
  });

  it('count as misconfigured exactly the codes that waiting does not fix', async () => {
    const { expr = '' } = (await readAlerts()).find(({ alert }) => alert === 'EmbeddingOllamaMisconfigured') ?? {};
    const reasons = /reason=~"([^"]*)"/.exec(expr)?.[1]?.split('|');
    const codes = new Set<string>();
    for (const file of await readdir(EMBEDDER)) {
      const source = await readFile(join(EMBEDDER, file), 'utf8');
      const pattern =
        /(?:verdict: 'misconfigured',\s*code: |certificate: |new ProviderMisconfiguredError\(\s*)'(\w+)'/g;
      for (const [, code = ''] of source.matchAll(pattern)) codes.add(code);
    }
    expect(reasons).toEqual([...codes].sort());
    const [, section = ''] = (await readFile(RUNBOOK, 'utf8')).split('## EmbeddingOllamaMisconfigured');
    for (const code of codes) expect(section.split('\n## ', 1)[0]).toContain(`\`${code}\``);
  });

  it('each have a section in the runbook, and each section belongs to an alert', async () => {
    const sections = (await readFile(RUNBOOK, 'utf8')).split(/^## /m).slice(1);
    const alerts = await readAlerts();
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(alerts.map(({ alert }) => alert));
    expect(sections.filter((section) => !section.includes('\n```sh\n'))).toEqual([]); // each has commands
    for (const { alert, annotations } of alerts) {
      expect(annotations.runbook_url).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
    }
  });

  it('are each critical or a warning, and describe the fault in words', async () => {
    for (const { alert, labels, annotations } of await readAlerts()) {
      expect([alert, labels['severity']]).toEqual([alert, expect.stringMatching(/^(critical|warning)$/)]);
      expect(annotations.summary).toMatch(/^.{20,80}$/);
      expect(annotations.description).toMatch(/^.{40,}\.$/);
    }
  });
});

describeWithPrometheus('the alert', { server: false }, ({ promtool }) => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'embedding-worker-alerts-'));
    await writeFile(join(directory, 'rules.json'), JSON.stringify(await readRules())); // JSON is YAML
  });
  afterAll(() => rm(directory, { recursive: true }));

  function run(...args: string[]): { status: number | null; says: string } {
    const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: directory });
    return { status, says: `${stdout.toString()}${stderr.toString()}` };
  }

  /** Plays these series against the rules in promtool, and expects this many alerts of this name to fire. */
  async function play(alert: string, { series, at }: AlertCase, firing: number): Promise<void> {
    const test = {
      rule_files: ['rules.json'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          promql_expr_test: [
            {
              expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
              eval_time: at,
              exp_samples: firing === 0 ? [] : [{ labels: '{}', value: firing }],
            },
          ],
        },
      ],
    };
    await writeFile(join(directory, 'test.json'), JSON.stringify(test));
    expect(run('test', 'rules', 'test.json')).toMatchObject({ status: 0 });
  }

  it('rules are accepted by Prometheus', () => {
    expect(run('check', 'rules', '--lint=all', '--lint-fatal', 'rules.json')).toMatchObject({ status: 0 });
  });

  describe.each(ALERT_CASES)('$alert', ({ alert, fires, quiet }) => {
    it(`fires when ${fires.name}`, () => play(alert, fires, 1));
    it.each(quiet)('is quiet when $name', (quietCase) => play(alert, quietCase, 0));
  });
});
