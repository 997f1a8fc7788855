import { requirePrivileges } from '../../../blocks/checks/privileges.js';
import { requireAllRowsVisible } from '../../../blocks/checks/row-security.js';
import { ok, tableOf, type Check } from '../check.js';
import { writtenColumns } from '../../../blocks/table.js';

export const privilegesCheck: Check = {
  name: 'privileges',
  needs: ['tables'],
  run: async (context) => {
    const table = tableOf(context);
    await requirePrivileges(context.database, table);
    await requireAllRowsVisible(context.database, table);
    return ok(`the role may read all blocks and notes, and write ${writtenColumns(table).join(' and ')}`);
  },
};
