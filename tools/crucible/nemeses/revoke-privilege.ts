import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../testbed/database.js';
import { sleep } from '../../../src/base/sleep.js';

/** Privileges that `k8s/role.sql` grants. */
const PRIVILEGES = [
  'SELECT ON notes',
  'SELECT ON blocks',
  'UPDATE (embedding, embedding_status) ON blocks',
  'UPDATE (embedding) ON blocks',
  'UPDATE (embedding_status) ON blocks',
  'USAGE ON SCHEMA public',
];

/** Revokes a privilege from the workers' role for a while. */
export const revokePrivilege: Nemesis = {
  name: 'revoke-privilege',
  delaysOthers: true,
  blocksAllWork: true,
  changesSchema: true,
  countsNothing: true,
  run: async ({ testbed, random, signal }) => {
    const privilege = random.pick(PRIVILEGES);
    const ms = random.between(500, 6_000);
    try {
      await testbed.database.persist(`REVOKE ${privilege} FROM ${WORKER_ROLE}`);
      await sleep(ms, signal);
    } finally {
      await testbed.database.persist(`GRANT ${privilege} TO ${WORKER_ROLE}`);
    }
  },
};
