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

/** All that it tries is rolled back. */
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
      ? 'all statuses are taken, and writing them and a vector asks for nothing (tried, and rolled back)'
      : `not tried: ${result.reason}; all statuses are taken, as far as the catalogue tells`;
    const unseen = await findSuppressedTriggers(database, table);
    if (unseen.length > 0) {
      return warning(
        `${found}; session_replication_role is replica, so that it is not seen by the trigger ${joinNames(unseen.map(({ name, on }) => `"${name}" on ${on}`))}`,
        [
          '-- only if they must see every change of a status:',
          ...unseen.map(({ name, sql }) => `ALTER TABLE ${sql} ENABLE ALWAYS TRIGGER ${quoteColumn(name)};`),
        ].join('\n'),
      );
    }
    return ok((await isReplicaSession(database)) ? `${found}; session_replication_role is replica` : found);
  },
};
