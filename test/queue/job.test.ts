import { crashesOf, uncountedCrashes, type EmbedJob } from '../../src/queue/job.js';

const job = (retryCount: number, data: Partial<EmbedJob['data']> = {}) =>
  ({ retryCount, data: { blockId: '1', since: '2026-01-01T00:00:00Z', priority: 0, ...data } }) as EmbedJob;

describe('the crashes of a job are counted for', () => {
  it.each([
    ['its first claim', job(0), 0, 0],
    ['a claim after a crash', job(1), 1, 1],
    ['a claim after a failure that was counted', job(1, { failures: 1, counted: 1 }), 0, 0],
    ['a claim after a failure and a crash', job(2, { failures: 1, counted: 1 }), 1, 1],
    ['a claim after a crash and a failure', job(2, { failures: 1, crashes: 1, counted: 2 }), 0, 1],
    ['a job that replaced one with crashes', job(0, { crashes: 3 }), 0, 3],
    ['a job that replaced one with crashes and crashed again', job(1, { crashes: 3 }), 1, 4],
  ])('%s', (_, given, uncounted, crashes) => {
    expect(uncountedCrashes(given)).toBe(uncounted);
    expect(crashesOf(given)).toBe(crashes);
  });
});
