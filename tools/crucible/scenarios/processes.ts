import { setTimeout as sleep } from 'node:timers/promises';
import { all, atMost, none, type Scenario } from './scenario.js';
import { PRODUCTION } from './fixture.js';

export const workerKilled: Scenario = {
  name: 'worker-killed',
  what: 'one of two workers is killed while it processes blocks, default settings',
  options: { replicas: 2, environment: { ...PRODUCTION, PALDOCS_POLL_INTERVAL_SECONDS: '5' } },
  measure: async (fixture) => {
    const { ollama, fleet } = fixture.testbed;
    const blocks = 200;
    const undo = await ollama.inject('hang');
    await fixture.insert(blocks);
    await fixture.secondsUntil('processing', blocks, 15); // both workers have fetched jobs
    const [victim] = fleet.replicas;
    await victim?.end('SIGKILL');
    const killed = performance.now();
    await undo();
    await fixture.secondsUntil('completed', blocks, 120);
    return [
      atMost('the other worker has stored all its blocks', (performance.now() - killed) / 1000, 60),
      none('blocks in error', await fixture.count('error')),
    ];
  },
};

export const postgresRestart: Scenario = {
  name: 'postgres-restart',
  what: 'Postgres crashes under load and is back after 3 s',
  options: { replicas: 2, environment: PRODUCTION, requestMs: 30, textMs: 10 },
  measure: async (fixture) => {
    const { database } = fixture.testbed;
    await fixture.insert(1_000);
    await fixture.secondsUntil('completed', 50, 30);
    await database.halt('immediate');
    await sleep(3_000);
    await database.resume();
    const before = await fixture.count('completed');
    const resumedSeconds = await fixture.secondsUntil('completed', before + 1, 60);
    await fixture.insert(1);
    await fixture.secondsUntil('completed', 1_001, 180);
    return [
      atMost('the next vector is stored', resumedSeconds, 10),
      all('blocks stored in the end', await fixture.count('completed'), 1_001),
      none('workers that ended by themselves', fixture.crashes),
      none('blocks in error', await fixture.count('error')),
    ];
  },
};

export const sigterm: Scenario = {
  name: 'sigterm',
  what: 'SIGTERM under load',
  options: { replicas: 1, environment: PRODUCTION, requestMs: 400, textMs: 40 },
  measure: async (fixture) => {
    const { fleet, ollama } = fixture.testbed;
    await fixture.insert(2_000);
    await fixture.secondsUntil('completed', 20, 30);
    const [worker] = fleet.replicas;
    const sentAt = Date.now();
    await worker?.end('SIGTERM');
    const exit = (Date.now() - sentAt) / 1000;
    const inFlight = (await ollama.requestsWith('Paragraph')).filter(
      ({ at, durationMs }) => at <= sentAt && at + (durationMs ?? 0) > sentAt,
    );
    const longest = Math.max(0, ...inFlight.map(({ at, durationMs }) => at + (durationMs ?? 0) - sentAt)) / 1000;
    return [
      {
        what: `exit, when the longest request in flight takes ${longest.toFixed(2)} s more`,
        value: `${exit.toFixed(2)} s`,
        target: `≤ ${(longest + 1).toFixed(2)} s`,
        pass: exit <= longest + 1,
      },
      none('blocks left processing', await fixture.count('processing')),
      none('failures counted', await fixture.failures()),
      none('workers that exited with a failure', fleet.ended.filter(({ code }) => code !== 0).length),
    ];
  },
};
