import { until } from '../until.js';
import type { Replica } from '../site/replica.js';
import { atMost, type Figure, type Measurement } from './figure.js';
import { PRODUCTION, type Scene } from './scene.js';

const LIMIT_SECONDS = 20;
const PATIENCE_MS = 90_000;

/** How long it takes from the mishap of the leader until another session leads (its own next one, maybe), and has bridged an edit of that moment. */
async function succession(scene: Scene, mishap: (leader: Replica) => void): Promise<Measurement[]> {
  const { replica, pid } = await scene.requireLeader();
  await scene.insert(1);
  await scene.secondsUntil('completed', 1, 30);
  mishap(replica);
  const started = performance.now();
  await scene.insert(1);
  const stored = scene.secondsUntil('completed', 2, PATIENCE_MS / 1000);
  await until(async () => {
    const leader = await scene.leader();
    return leader !== undefined && leader.pid !== pid;
  }, PATIENCE_MS);
  const led = (performance.now() - started) / 1000;
  const edit = await stored;
  replica.thaw();
  return [
    atMost('another session leads', led, LIMIT_SECONDS),
    atMost('an edit of that moment is stored', edit, LIMIT_SECONDS),
  ];
}

const options = { replicas: 2, environment: PRODUCTION };

export const leaderFrozen: Figure = {
  name: 'leader-frozen',
  what: 'the leader is frozen (SIGSTOP)',
  options,
  measure: (scene) => succession(scene, (leader) => leader.freeze()),
};

export const leaderHalfOpen: Figure = {
  name: 'leader-half-open',
  what: 'the session of the leader is half-open',
  options,
  measure: (scene) => succession(scene, ({ links }) => links.session.halfOpen()),
};

export const leaderCutOff: Figure = {
  name: 'leader-cut-off',
  what: 'all connections of the leader to Postgres are half-open',
  options,
  measure: (scene) =>
    succession(scene, ({ links }) => {
      links.session.halfOpen();
      links.pool.halfOpen();
    }),
};

/** The session is well, so that it goes on leading; what it cannot do is enqueue. */
export const leaderPoolHalfOpen: Figure = {
  name: 'leader-pool-half-open',
  what: 'the pool of the leader is half-open, its session is not',
  options,
  measure: async (scene) => {
    const { replica } = await scene.requireLeader();
    await scene.insert(1);
    await scene.secondsUntil('completed', 1, 30);
    replica.links.pool.halfOpen();
    await scene.insert(1);
    return [
      atMost(
        'an edit of that moment is stored',
        await scene.secondsUntil('completed', 2, PATIENCE_MS / 1000),
        LIMIT_SECONDS,
      ),
    ];
  },
};

export const listenerKilled: Figure = {
  name: 'listener-killed',
  what: 'the LISTEN connection is killed, and a block is edited in that moment',
  options,
  measure: async (scene) => {
    const { pid } = await scene.requireLeader();
    await scene.site.database.query('SELECT pg_terminate_backend($1)', [pid]);
    await scene.insert(1);
    return [atMost('the edit is stored', await scene.secondsUntil('completed', 1, 60), 5)];
  },
};
