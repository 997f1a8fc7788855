import { requirePrivileges } from '../../../blocks/privileges.js';
import { ok, tableOf, type Check } from '../check.js';

export const privilegesCheck: Check = {
  name: 'privileges',
  needs: ['tables'],
  run: async (context) => {
    await requirePrivileges(context.database, context.config.tables, tableOf(context));
    return ok('the role may read blocks and notes, and write embedding and embedding_status');
  },
};
