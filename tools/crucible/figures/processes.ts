import { setTimeout as sleep } from 'node:timers/promises';
import { all, atMost, none, type Figure } from './figure.js';
import { PRODUCTION } from './scene.js';

export const workerKilled: Figure = {
  name: 'worker-killed',
  what: 'one of two workers is killed with blocks in hand, default settings',
  options: { replicas: 2, environment: { ...PRODUCTION, PALDOCS_POLL_INTERVAL_SECONDS: '5' } },
  measure: async (scene) => {
    const { ollama, fleet } = scene.site;
    const blocks = 200;
    const undo = await ollama.inject('hang');
    await scene.insert(blocks);
    await scene.secondsUntil('processing', blocks, 15); // both have fetched
    const [victim] = fleet.replicas;
    await victim?.end('SIGKILL');
    const killed = performance.now();
    await undo();
    await scene.secondsUntil('completed', blocks, 120);
    return [
      atMost('all its blocks are stored by the other', (performance.now() - killed) / 1000, 60),
      none('blocks in error', await scene.count('error')),
    ];
  },
};

export const postgresRestart: Figure = {
  name: 'postgres-restart',
  what: 'Postgres crashes under load and comes back after 3 s',
  options: { replicas: 2, environment: PRODUCTION, requestMs: 30, textMs: 10 },
  measure: async (scene) => {
    const { database } = scene.site;
    await scene.insert(1_000);
    await scene.secondsUntil('completed', 50, 30);
    await database.halt('immediate');
    await sleep(3_000);
    await database.resume();
    const before = await scene.count('completed');
    const working = await scene.secondsUntil('completed', before + 1, 60);
    await scene.insert(1);
    await scene.secondsUntil('completed', 1_001, 180);
    return [
      atMost('the next vector is stored', working, 10),
      all('blocks stored in the end', await scene.count('completed'), 1_001),
      none('workers that died', scene.died),
      none('blocks in error', await scene.count('error')),
    ];
  },
};

export const sigterm: Figure = {
  name: 'sigterm',
  what: 'SIGTERM under load',
  options: { replicas: 1, environment: PRODUCTION, requestMs: 400, textMs: 40 },
  measure: async (scene) => {
    const { fleet, ollama } = scene.site;
    await scene.insert(2_000);
    await scene.secondsUntil('completed', 20, 30);
    const [worker] = fleet.replicas;
    const told = Date.now();
    await worker?.end('SIGTERM');
    const exit = (Date.now() - told) / 1000;
    const inFlight = (await ollama.requestsWith('Paragraph')).filter(
      ({ at, durationMs }) => at <= told && at + (durationMs ?? 0) > told,
    );
    const longest = Math.max(0, ...inFlight.map(({ at, durationMs }) => at + (durationMs ?? 0) - told)) / 1000;
    return [
      {
        what: `exit, the longest request in flight taking ${longest.toFixed(2)} s more`,
        value: `${exit.toFixed(2)} s`,
        target: `≤ ${(longest + 1).toFixed(2)} s`,
        pass: exit <= longest + 1,
      },
      none('blocks left processing', await scene.count('processing')),
      none('failures counted', await scene.failures()),
      none('ended with a failure', fleet.ended.filter(({ code }) => code !== 0).length),
    ];
  },
};
