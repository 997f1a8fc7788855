import { until } from '../until.js';
import type { Replica } from '../testbed/replica.js';
import { atMost, type Scenario, type Measurement } from './scenario.js';
import { PRODUCTION, type Fixture } from './fixture.js';

const LIMIT_SECONDS = 20;
const TIMEOUT_MS = 90_000;

/** Breaks the leader, and measures the time until another session leads (possibly a new one of the same worker) and until an edit made at that moment is stored. */
async function failover(fixture: Fixture, breakLeader: (leader: Replica) => void): Promise<Measurement[]> {
  const { replica, pid } = await fixture.requireLeader();
  await fixture.insert(1);
  await fixture.secondsUntil('completed', 1, 30);
  breakLeader(replica);
  const started = performance.now();
  await fixture.insert(1);
  const stored = fixture.secondsUntil('completed', 2, TIMEOUT_MS / 1000);
  await until(async () => {
    const leader = await fixture.leader();
    return leader !== undefined && leader.pid !== pid;
  }, TIMEOUT_MS);
  const leaderSeconds = (performance.now() - started) / 1000;
  const editSeconds = await stored;
  replica.thaw();
  return [
    atMost('another session leads', leaderSeconds, LIMIT_SECONDS),
    atMost('an edit made at that moment is stored', editSeconds, LIMIT_SECONDS),
  ];
}

const options = { replicas: 2, environment: PRODUCTION };

export const leaderFrozen: Scenario = {
  name: 'leader-frozen',
  what: 'the leader is frozen (SIGSTOP)',
  options,
  measure: (fixture) => failover(fixture, (leader) => leader.freeze()),
};

export const leaderHalfOpen: Scenario = {
  name: 'leader-half-open',
  what: 'the leader’s session is half-open',
  options,
  measure: (fixture) => failover(fixture, ({ links }) => links.session.halfOpen()),
};

export const leaderCutOff: Scenario = {
  name: 'leader-cut-off',
  what: 'all connections from the leader to Postgres are half-open',
  options,
  measure: (fixture) =>
    failover(fixture, ({ links }) => {
      links.session.halfOpen();
      links.pool.halfOpen();
    }),
};

/** The session works, so the worker keeps leading, but it cannot enqueue. */
export const leaderPoolHalfOpen: Scenario = {
  name: 'leader-pool-half-open',
  what: 'the leader’s pool is half-open, its session is not',
  options,
  measure: async (fixture) => {
    const { replica } = await fixture.requireLeader();
    await fixture.insert(1);
    await fixture.secondsUntil('completed', 1, 30);
    replica.links.pool.halfOpen();
    await fixture.insert(1);
    return [
      atMost(
        'an edit made at that moment is stored',
        await fixture.secondsUntil('completed', 2, TIMEOUT_MS / 1000),
        LIMIT_SECONDS,
      ),
    ];
  },
};

export const listenerKilled: Scenario = {
  name: 'listener-killed',
  what: 'the LISTEN connection is killed, and a block is edited at that moment',
  options,
  measure: async (fixture) => {
    const { pid } = await fixture.requireLeader();
    await fixture.testbed.database.query('SELECT pg_terminate_backend($1)', [pid]);
    await fixture.insert(1);
    return [atMost('the edit is stored', await fixture.secondsUntil('completed', 1, 60), 5)];
  },
};
