import { inspectBlocks } from '../../../src/blocks/inspect.js';
import { readIndexes } from '../../../src/blocks/sql/read-indexes.js';
import { readRelations } from '../../../src/blocks/sql/read-relations.js';
import { createStatusIndexSql } from '../../../src/blocks/status-index/definition.js';
import { loadConfig } from '../../../src/config/config.js';
import { Postgres } from '../../../src/postgres/postgres.js';
import type { TestDatabase } from '../../../test/support/test-database.js';

/** Creates the index that `doctor` proposes. @returns how many seconds it took */
export async function createStatusIndex(db: TestDatabase): Promise<number> {
  const postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'bench', poolSize: 1 });
  try {
    const table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
    const catalogue = {
      indexes: await readIndexes(postgres, table),
      relations: await readRelations(postgres, table),
    };
    const started = performance.now();
    for (const statement of await createStatusIndexSql(postgres, table, catalogue, () => false))
      await db.query(statement);
    return (performance.now() - started) / 1000;
  } finally {
    await postgres.close();
  }
}
