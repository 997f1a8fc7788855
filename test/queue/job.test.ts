import { deathsOf, newDeathsOf, type EmbedJob } from '../../src/queue/job.js';

const job = (retryCount: number, data: Partial<EmbedJob['data']> = {}) =>
  ({ retryCount, data: { blockId: '1', since: '2026-01-01T00:00:00Z', priority: 0, ...data } }) as EmbedJob;

describe('the deaths of a job', () => {
  it.each([
    ['its first claim', job(0), 0, 0],
    ['a claim after a death', job(1), 1, 1],
    ['a claim after a failure that was counted', job(1, { failures: 1, counted: 1 }), 0, 0],
    ['a claim after a failure and a death', job(2, { failures: 1, counted: 1 }), 1, 1],
    ['a claim after a death and a failure', job(2, { failures: 1, deaths: 1, counted: 2 }), 0, 1],
    ['a job that replaced one with deaths', job(0, { deaths: 3 }), 0, 3],
    ['a job that replaced one with deaths and met another', job(1, { deaths: 3 }), 1, 4],
  ])('%s', (_, given, newDeaths, deaths) => {
    expect(newDeathsOf(given)).toBe(newDeaths);
    expect(deathsOf(given)).toBe(deaths);
  });
});
