import { jest } from '@jest/globals';
import { DEFAULT_QUEUE, queueNames } from '../../src/queue/queue-names.js';
import { JobStatistics } from '../../src/queue/job-statistics.js';
import type { Queryable } from '../../src/postgres/database.js';
import { insertBlocks, notify } from '../support/fixtures.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { MemoryLog } from '../support/worker-log.js';
import { untilIdle } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

class Statements implements Queryable {
  readonly sent: string[] = [];
  failing = false;
  tookMs = 0;

  query<Row extends object>(text: string): Promise<Row[]> {
    this.sent.push(text);
    if (this.tookMs > 0) jest.advanceTimersByTime(this.tookMs);
    return this.failing ? Promise.reject(new Error('unavailable')) : Promise.resolve([]);
  }

  executeSql(): Promise<{ rows: unknown[] }> {
    return Promise.resolve({ rows: [] });
  }
}

describe('the statistics of the job table', () => {
  let statements: Statements;
  let log: MemoryLog;
  let statistics: JobStatistics;
  beforeEach(() => {
    statements = new Statements();
    log = new MemoryLog();
    statistics = new JobStatistics(statements, queueNames('pgboss', DEFAULT_QUEUE), log);
  });

  it('are not refreshed after a few jobs', async () => {
    await statistics.inserted(999);
    expect(statements.sent).toEqual([]);
  });

  it('are refreshed after many jobs in total', async () => {
    await statistics.inserted(500);
    await statistics.inserted(500);
    expect(statements.sent).toEqual([expect.stringMatching(/^ANALYZE "pgboss".job_common \(name, state, /)]);
  });

  it('are refreshed at most every ten seconds', async () => {
    await statistics.inserted(5_000);
    await statistics.inserted(5_000);
    expect(statements.sent).toHaveLength(1);
  });

  it('are refreshed for a twentieth of the time at most', async () => {
    jest.useFakeTimers({ now: 0 });
    try {
      statements.tookMs = 2_000;
      await statistics.inserted(5_000);
      jest.advanceTimersByTime(37_000);
      await statistics.inserted(5_000);
      expect(statements.sent).toHaveLength(1);
      jest.advanceTimersByTime(1_000);
      await statistics.inserted(5_000);
      expect(statements.sent).toHaveLength(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('log a warning if they cannot be refreshed', async () => {
    statements.failing = true;
    await statistics.inserted(5_000);
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  });
});

describeWithServer('a queue that was filled', () => {
  const site = useSite();

  it('has its job table analyzed', async () => {
    const { db } = site();
    await db.query('ALTER TABLE blocks DISABLE TRIGGER USER');
    await insertBlocks(db, 1_200);
    await notify(db);
    await db.untilRow<{ at: Date | null }>(
      `SELECT last_analyze AS at FROM pg_stat_user_tables WHERE relname = 'job_common'`,
      [],
      ({ at }) => at !== null,
    );
    await untilIdle(db);
  });
});
