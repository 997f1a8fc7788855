import { instanceName } from '../../src/commands/instance-name.js';
import type { Queryable } from '../../src/postgres/database.js';
import { readReplicas, sessionName } from '../../src/leader/replicas.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

/** The longest that a host may be called: RFC 1123. */
const LONG = `${'a'.repeat(50)}-7d4b9-x2x4z.`.slice(0, 62).padEnd(63, 'z');
const STATE = { gateClosed: true, notificationsDown: true, held: true, requestTexts: 1000 };
const LONGEST_QUEUE = 'q'.repeat(25);

describe('the name of a process', () => {
  it.each([
    ['embedding-worker-7c9d8f6b5-x2x4z', /^2x4z[0-9a-z]{4}$/],
    [LONG, /^x4zz[0-9a-z]{4}$/],
    ['worker1.example.com', /^ker1[0-9a-z]{4}$/],
    ['the office’s box', /^sbox[0-9a-z]{4}$/],
    ['', /^[0-9a-z]{8}$/],
    ['a', /^a[0-9a-z]{7}$/],
    ['----------------------', /^[0-9a-z]{8}$/],
  ])('on the host %j has eight characters, and is unique', (host, name) => {
    const names = [instanceName(host), instanceName(host)];
    for (const one of names) expect(one).toMatch(name);
    expect(new Set(names).size).toBe(2);
  });

  it('fits into application_name beside the longest queue every flag and the largest request', () => {
    const name = sessionName(LONGEST_QUEUE, 'follower', instanceName(LONG), STATE);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });
});

describeWithServer('the replicas of a queue', () => {
  it('are found with their state, and those of other queues are not', async () => {
    const db = await createDatabase();
    const instances = [instanceName(LONG), instanceName(LONG)].sort();
    const sessions = await Promise.all([
      ...instances.map((instance, i) =>
        db.connect(sessionName(LONGEST_QUEUE, i === 0 ? 'leader' : 'follower', instance, STATE)),
      ),
      db.connect(sessionName('another', 'leader', 'anotherq', STATE)),
    ]);
    const replicas = await readReplicas(db as unknown as Queryable, LONGEST_QUEUE);
    expect(replicas.map(({ instance }) => instance).sort()).toEqual(instances);
    for (const replica of replicas) expect(replica).toMatchObject(STATE);
    expect(replicas.filter(({ leader }) => leader)).toHaveLength(1);
    await Promise.all(sessions.map((session) => session.end()));
  });
});
