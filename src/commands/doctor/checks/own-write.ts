import { requireNoTriggerLoop } from '../../../blocks/checks/trigger-loop.js';
import {
  findSuppressedTriggers,
  isReplicaSession,
  requireNoForeignKeys,
} from '../../../blocks/checks/replica-sessions.js';
import { requireStatuses } from '../../../blocks/checks/statuses.js';
import { quoteColumn } from '../../../postgres/identifiers.js';
import { ok, tableOf, warning, type Check } from '../check.js';
import { joinNames } from '../../../blocks/checks/join-names.js';

/** Its test writes are rolled back. */
export const ownWriteCheck: Check = {
  name: 'own write',
  needs: ['privileges'],
  run: async (context) => {
    const { database } = context;
    const table = tableOf(context);
    await requireStatuses(database, table);
    await requireNoForeignKeys(database, table);
    const result = await requireNoTriggerLoop(database, table);
    const found = result.isTried
      ? 'the columns accept every status and a vector, and writing them triggers no new embedding (tested and rolled back)'
      : `not tested: ${result.reason}; according to the catalogue, the column accepts every status`;
    const unseen = await findSuppressedTriggers(database, table);
    if (unseen.length > 0) {
      return warning(
        `${found}; session_replication_role is replica, so our writes do not fire the trigger ${joinNames(unseen.map(({ name, on }) => `"${name}" on ${on}`))}`,
        [
          '-- only if these triggers must fire on every status change:',
          ...unseen.map(({ name, sql }) => `ALTER TABLE ${sql} ENABLE ALWAYS TRIGGER ${quoteColumn(name)};`),
        ].join('\n'),
      );
    }
    return ok((await isReplicaSession(database)) ? `${found}; session_replication_role is replica` : found);
  },
};
