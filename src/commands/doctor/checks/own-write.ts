import { requireQuietWrites } from '../../../blocks/trigger.js';
import { tryStatuses } from '../../../blocks/try-statuses.js';
import { failed, ok, tableOf, type Check } from '../check.js';

/** Both tries are rolled back. */
export const ownWriteCheck: Check = {
  name: 'own write',
  needs: ['privileges'],
  run: async (context) => {
    const { database, config } = context;
    const table = tableOf(context);
    const { tried, refused } = await tryStatuses(database, table);
    if (!tried) return ok('not tried: there is no block yet, or all are locked');
    const [first] = refused;
    if (first !== undefined) {
      const statuses = refused.map(({ status }) => status).join(', ');
      return failed(
        `${config.tables.blocksTable}.embedding_status does not take ${statuses}: ${first.message}`,
        `let its type and constraints take 'pending', 'processing', 'completed', 'error' and 'skipped': ALTER TABLE ${table.blocks} …`,
      );
    }
    await requireQuietWrites(database, config.tables, table);
    return ok('the statuses are taken, and writing a vector does not fire the trigger (tried, and rolled back)');
  },
};
