import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEvents } from '../../../src/telemetry/events.js';
import { createMetrics } from '../../../src/monitoring/metrics/create-metrics.js';
import { withoutQueue } from '../../support/worker-http.js';
import { FAILURE_REASONS, GATE_REASONS, HOLD_REASONS } from '../../../src/monitoring/metrics/reasons.js';

const SRC = join(import.meta.dirname, '../../../src');
const NO_JOBS = { created: 0, retry: 0, active: 0, deadLetters: 0, oldestSeconds: { live: null, backlog: null } };

/** The error codes in the sources of a folder. */
async function codesIn(folder: string, pattern: RegExp): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const name of await readdir(join(SRC, folder), { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    for (const [, code = ''] of (await readFile(join(SRC, folder, name), 'utf8')).matchAll(pattern)) codes.add(code);
  }
  return codes;
}

/** Codes of errors that end the program before a worker exists. */
const AT_START = ['DATABASE_UNREACHABLE', 'DATABASE_TLS', 'DATABASE_CERTIFICATE', 'DATABASE_POOLED'];

describe('the labels of the metrics', () => {
  it('include exactly the reasons that the embedder can give', async () => {
    const codes = await codesIn('embedder', /'((?:OLLAMA|OPENAI|EMBEDDING)_[A-Z_]+)'/g);
    expect(codes.size).toBeGreaterThan(15);
    const known = [...FAILURE_REASONS, ...GATE_REASONS].filter((reason) => /^(OLLAMA|OPENAI|EMBEDDING)_/.test(reason));
    expect([...new Set(known)].sort()).toEqual([...codes].sort());
  });

  it('include each reason that the pipeline can give', async () => {
    const codes = await codesIn('pipeline', /'([A-Z]{2,}_[A-Z_]+|UNEXPECTED)'/g);
    codes.delete('HELD_TOO_LONG'); // ends a wait; never the reason of a failed block
    expect([...codes].sort()).toEqual(['DATABASE_REJECTED', 'TOO_SLOW', 'UNEXPECTED', 'WORKER_CRASHES']);
    for (const code of codes) expect(FAILURE_REASONS).toContain(code);
  });

  it('include each reason for which the database can hold work', async () => {
    const codes = new Set([
      ...(await codesIn('postgres', /'(DATABASE_[A-Z_]+)',/g)),
      ...(await codesIn('blocks', /'(SCHEMA_[A-Z_]+)'/g)),
      ...(await codesIn('queue', /'(QUEUE_PRIVILEGE)'/g)),
    ]);
    for (const code of AT_START) codes.delete(code);
    expect(codes.size).toBeGreaterThan(10);
    for (const code of codes) expect([code, HOLD_REASONS.has(code)]).toEqual([code, true]);
  });

  it('replace unknown reasons by "other", so that nobody can create series', async () => {
    const events = createEvents();
    const registry = createMetrics({
      events,
      version: '1',
      queue: 'embed-block',
      readLiveJobs: () => Promise.resolve(NO_JOBS),
    });
    const series = async () =>
      withoutQueue(await registry.metrics())
        .split('\n')
        .filter((line) => /^embedding_\w+\{/.test(line));
    const before = (await series()).length;
    for (let i = 0; i < 100; i++) {
      events.emit('failed', { reason: `NEW_${i}`, final: true });
      events.emit('gate', { open: false });
      events.emit('gate-reason', { reason: `NEW_${i}` });
      events.emit('gate', { open: true });
    }
    const after = await series();
    expect(after).toHaveLength(before);
    expect(after).toContain('embedding_errors_total{reason="other"} 100');
    expect(after).toContain('embedding_gate_closures_total{reason="other"} 100');
  });
});
