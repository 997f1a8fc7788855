import type { Nemesis } from '../nemesis.js';
import { WORKER_ROLE } from '../site/database.js';
import { sleep } from '../../../src/base/sleep.js';

/** As `k8s/role.sql` grants them. */
const PRIVILEGES = [
  'SELECT ON notes',
  'SELECT ON blocks',
  'UPDATE (embedding, embedding_status) ON blocks',
  'UPDATE (embedding) ON blocks',
  'UPDATE (embedding_status) ON blocks',
  'USAGE ON SCHEMA public',
];

/** A privilege is revoked from the workers' role, and granted again. */
export const revokePrivilege: Nemesis = {
  name: 'revoke-privilege',
  disturbs: true,
  holds: true,
  changesSchema: true,
  costsNothing: true,
  run: async ({ site, random, signal }) => {
    const privilege = random.pick(PRIVILEGES);
    const ms = random.between(500, 6_000);
    try {
      await site.database.persist(`REVOKE ${privilege} FROM ${WORKER_ROLE}`);
      await sleep(ms, signal);
    } finally {
      await site.database.persist(`GRANT ${privilege} TO ${WORKER_ROLE}`);
    }
  },
};
