import { requirePrivileges } from '../../../blocks/checks/privileges.js';
import { ourColumns } from '../../../blocks/sql/our-columns.js';
import { requireAllRows } from '../../../blocks/checks/row-security.js';
import { ok, tableOf, type Check } from '../check.js';

export const privilegesCheck: Check = {
  name: 'privileges',
  needs: ['tables'],
  run: async (context) => {
    const table = tableOf(context);
    await requirePrivileges(context.database, table);
    await requireAllRows(context.database, table);
    return ok(`the role may read all blocks and notes, and write ${ourColumns(table).join(' and ')}`);
  },
};
