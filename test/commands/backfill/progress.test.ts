import { jest } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { showProgress } from '../../../src/commands/backfill/progress.js';
import type { BackfillRun } from '../../../src/backlog/backfill-run.js';
import { MemoryLog } from '../../support/worker-log.js';

/** A terminal of 120 columns that keeps what is written to it. */
function terminal(): NodeJS.WriteStream & { written: () => string } {
  const stream = new PassThrough({ encoding: 'utf8' });
  const written = () => String(stream.read() ?? '');
  return Object.assign(stream, { isTTY: true, columns: 120, written }) as unknown as ReturnType<typeof terminal>;
}

function run(ended: number | null): BackfillRun {
  const outstanding =
    ended === null ? null : { ended, results: { completed: ended - 3, skipped: 0, error: 3, gone: 0 } };
  const counts = { found: 2_000, enqueued: 1_500, alreadyQueued: 500, requeued: {}, lastId: '2000' };
  return { counts, outstanding, enqueuing: ended === null } as unknown as BackfillRun;
}

const EXPECTED = { found: 4_000, estimated: false };

describe('the progress of a backfill', () => {
  it('is a bar on a terminal, cleared afterwards', async () => {
    const stream = terminal();
    const progress = showProgress({
      run: run(1_000),
      expected: () => EXPECTED,
      terminal: stream,
      log: new MemoryLog(),
    });
    await sleep(300);
    const drawn = stream.written();
    expect(drawn).toMatch(/Embedding █+░+ 25% {2}1,000 of 4,000, 3 in error {2}\d+\/s/);
    expect(drawn).not.toMatch(/\p{Cc}\[\d*m/u); // no colour
    progress.stop();
    expect(stream.written()).toContain('\u001b[2K');
  });

  it('counts enqueued blocks without --wait', async () => {
    const stream = terminal();
    showProgress({ run: run(null), expected: () => EXPECTED, terminal: stream, log: new MemoryLog() }).stop();
    expect(stream.written()).toContain('2,000 of 4,000');
    await sleep(0);
  });

  it('marks a total that is estimated, and shows none before it is known', async () => {
    const stream = terminal();
    const options = { run: run(null), terminal: stream, log: new MemoryLog() };
    showProgress({ ...options, expected: () => ({ found: 4_123_456, estimated: true }) }).stop();
    expect(stream.written()).toContain('2,000 of about 4,100,000');
    showProgress({ ...options, expected: () => undefined }).stop();
    expect(stream.written()).toContain('2,000 of 2,000');
    await sleep(0);
  });

  it('is a log line every five seconds without a terminal', () => {
    jest.useFakeTimers();
    const log = new MemoryLog();
    const progress = showProgress({ run: run(1_000), expected: () => EXPECTED, terminal: null, log });
    jest.advanceTimersByTime(5_000);
    progress.stop();
    jest.advanceTimersByTime(60_000);
    jest.useRealTimers();
    expect(log.lines).toMatchObject([
      {
        level: 'info',
        message: 'waiting for all blocks to be embedded',
        fields: { done: 1_000, total: 4_000, inError: 3 },
      },
    ]);
  });
});
