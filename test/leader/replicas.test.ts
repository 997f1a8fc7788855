import { instanceName } from '../../src/commands/context.js';
import type { Queryable } from '../../src/postgres/database.js';
import { readReplicas, sessionName } from '../../src/leader/replicas.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

/** The longest that a host may be called: RFC 1123. */
const LONG = `${'a'.repeat(50)}-7d4b9-x2x4z.`.slice(0, 62).padEnd(63, 'z');
const STATE = { gateClosed: true, deaf: true, held: true };

describe('the name of a process', () => {
  it.each([
    ['embedding-worker-7c9d8f6b5-x2x4z', /^8f6b5-x2x4z-[0-9a-f]{8}$/],
    [LONG, /-[0-9a-f]{8}$/],
    ['worker1.example.com', /^worker1-[0-9a-f]{8}$/],
    ['the office’s box', /^ffice_s_box-[0-9a-f]{8}$/],
    ['', /^[0-9a-f]{8}$/],
    ['a', /^a-[0-9a-f]{8}$/],
    ['----------------------', /^[0-9a-f]{8}$/],
  ])('on the host %j is short, and unique', (host, name) => {
    const names = [instanceName(host), instanceName(host)];
    for (const one of names) {
      expect(one).toMatch(name);
      expect(Buffer.byteLength(sessionName('follower', one, STATE))).toBeLessThanOrEqual(63);
      expect(sessionName('follower', one, STATE)).toContain(` ${one} `);
    }
    expect(new Set(names).size).toBe(2);
  });
});

describeWithServer('replicas on hosts with long names', () => {
  it('are told apart, whatever they tell beside', async () => {
    const db = await createDatabase();
    const instances = [instanceName(LONG), instanceName(LONG)].sort();
    const sessions = await Promise.all(
      instances.map((instance, i) => db.connect(sessionName(i === 0 ? 'leader' : 'follower', instance, STATE))),
    );
    const replicas = await readReplicas(db as unknown as Queryable);
    expect(replicas.map(({ instance }) => instance).sort()).toEqual(instances);
    for (const replica of replicas) expect(replica).toMatchObject(STATE);
    expect(replicas.filter(({ leader }) => leader)).toHaveLength(1);
    await Promise.all(sessions.map((session) => session.end()));
  });

  it('are told apart even where a process has a name of its own that is too long', () => {
    const name = sessionName('follower', `${'x'.repeat(60)}-${'1'.repeat(8)}`, STATE);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(name).toContain('-11111111 closed deaf held');
  });
});
