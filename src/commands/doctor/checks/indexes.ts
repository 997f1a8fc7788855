import { besideVector } from '../../../blocks/beside-vector.js';
import { readIndexes, type BlocksIndex } from '../../../blocks/read-indexes.js';
import { readStorage } from '../../../blocks/read-storage.js';
import type { BlocksTable } from '../../../blocks/table.js';
import { ok, tableOf, warning, type Check, type Finding } from '../check.js';

/** Above it each page of the table has too little room for HOT updates. */
const FULLEST = 85;
/** Searching so many rows without an index takes about a second. */
const MANY_ROWS = 50_000;
/** Those that search by cosine distance can use. */
const COSINE = 'vector_cosine_ops';

export const indexesCheck: Check = {
  name: 'indexes',
  needs: ['tables'],
  run: async (context) => {
    const { database, config } = context;
    const [indexes, { fillfactor, rows }] = await Promise.all([
      readIndexes(database, config.tables),
      readStorage(database, config.tables),
    ]);
    const table = tableOf(context);
    const vectorIndexes = indexes.filter(({ onEmbedding, method }) => onEmbedding && method !== 'btree');
    const useful = vectorIndexes.filter(({ valid, operators }) => valid && operators === COSINE);
    const problems = [
      ...indexes.filter(({ valid }) => !valid).map(invalid),
      ...vectorIndexes.filter(({ operators }) => operators !== COSINE).map((index) => unused(index, table)),
      ...(useful.length === 0 && rows >= MANY_ROWS ? [missing(rows, table)] : []),
      ...(vectorIndexes.length > 0 ? indexes.filter(({ onStatus }) => onStatus).map(hurts) : []),
      ...(vectorIndexes.length > 0 && fillfactor > FULLEST ? [full(fillfactor, table)] : []),
    ];
    if (problems.length > 0) return join(problems);
    if (useful.length === 0) return ok('none on embedding, which so few blocks do not need');
    return ok(`${useful.map(({ name, method }) => `${name} (${method})`).join(', ')}; fillfactor ${fillfactor}`);
  },
};

interface Problem {
  readonly found: string;
  readonly fix: string;
}

function invalid({ name }: BlocksIndex): Problem {
  return { found: `${name} is invalid: building it was interrupted`, fix: `REINDEX INDEX CONCURRENTLY ${name};` };
}

function unused({ name, operators, method }: BlocksIndex, table: BlocksTable): Problem {
  return {
    found: `${name} has ${operators}, which a search by cosine distance cannot use`,
    fix: createIndex(table, method),
  };
}

function missing(rows: number, table: BlocksTable): Problem {
  return {
    found: `none on embedding: a search reads all ${Math.round(rows).toLocaleString('en-US')} blocks`,
    fix: createIndex(table, 'hnsw'),
  };
}

function createIndex(table: BlocksTable, method: string): string {
  const operators = besideVector(table, 'vector_cosine_ops');
  return `CREATE INDEX CONCURRENTLY ON ${table.blocks} USING ${method} (embedding ${operators});`;
}

/** Measured: 2 ms for each status change, as it then is an entry in the vector index too. */
function hurts({ name }: BlocksIndex): Problem {
  return {
    found: `${name} is on embedding_status, so that each change of a status writes to the vector index too (2 ms)`,
    fix: `DROP INDEX CONCURRENTLY ${name};`,
  };
}

function full(fillfactor: number, { blocks }: BlocksTable): Problem {
  return {
    found: `fillfactor ${fillfactor} leaves no room in a page, so that each change of a status writes to the vector index too (2 ms)`,
    fix: `ALTER TABLE ${blocks} SET (fillfactor = 75);`,
  };
}

function join(problems: readonly Problem[]): Finding {
  return warning(problems.map(({ found }) => found).join('; '), problems.map(({ fix }) => fix).join('\n'));
}
