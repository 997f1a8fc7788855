import { inspectBlocks } from '../../../blocks/inspect.js';
import { readServer } from '../../../database/read-server.js';
import { quoteColumn } from '../../../database/identifiers.js';
import { failed, ok, type Check } from '../check.js';

/** A schema that may not be used is refused by name, before anything is known of what it holds. */
const REFUSED = /^permission denied for schema (.+)$/;

export const tablesCheck: Check = {
  name: 'tables',
  needs: ['pgvector'],
  run: async ({ config, database, facts }) => {
    try {
      const table = await inspectBlocks(database, config.tables);
      facts.table = table;
      const { blocksTable, notesTable } = config.tables;
      return ok(
        `${blocksTable} and ${notesTable}; ids ${table.idType}, content read as ${table.contentFormat}, embedding vector(${table.dimensions})`,
      );
    } catch (error) {
      const schema = error instanceof Error ? REFUSED.exec(error.message)?.[1] : undefined;
      if (schema === undefined) throw error;
      const { role } = await readServer(database);
      return failed(
        `the role ${role} may not use the schema ${schema}`,
        `GRANT USAGE ON SCHEMA ${quoteColumn(schema)} TO ${quoteColumn(role)};`,
      );
    }
  },
};
