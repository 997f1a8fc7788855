import { inspectBlocks } from '../../../blocks/inspect.js';
import { requireUnused } from '../../../leader/column-use.js';
import { ok, type Check } from '../check.js';

export const tablesCheck: Check = {
  name: 'tables',
  needs: ['pgvector'],
  run: async ({ config, database, facts }) => {
    const table = await inspectBlocks(database, config.tables);
    facts.table = table;
    await requireUnused(database, table, config.names.queue);
    return ok(
      `${table.blocksName} and ${table.notesName}; id type ${table.idType}, content format ${table.contentFormat}, column ${table.columns.embedding} of type ${table.vectorKind}(${table.dimensions})`,
    );
  },
};
