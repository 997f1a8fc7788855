import { requirePrivileges } from '../../../blocks/privileges.js';
import { requireAllRows } from '../../../blocks/row-security.js';
import { ok, tableOf, type Check } from '../check.js';

export const privilegesCheck: Check = {
  name: 'privileges',
  needs: ['tables'],
  run: async (context) => {
    await requirePrivileges(context.database, tableOf(context));
    await requireAllRows(context.database, tableOf(context));
    return ok('the role may read all blocks and notes, and write embedding and embedding_status');
  },
};
