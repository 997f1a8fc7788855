import type { TableNames } from '../config.js';
import { quoteColumn, quoteTable } from '../database/identifiers.js';
import type { Queryable } from '../database/database.js';
import { isDenied } from '../database/faults.js';
import { ConfigurationError } from '../errors.js';
import type { BlocksTable } from './table.js';

interface Column {
  name: string;
  type: string;
  typeName: string;
  typeOid: number;
  typmod: number;
}

/** What an id may be: types whose text form can be cast back. */
const ID_TYPES = new Set(['smallint', 'integer', 'bigint', 'uuid', 'text', 'character varying']);
const CONTENT_FORMATS: Readonly<Record<string, 'text' | 'json'>> = {
  text: 'text',
  'character varying': 'text',
  json: 'json',
  jsonb: 'json',
};

/**
 * Reads from the catalogue what the statements on blocks and notes are built from.
 *
 * @throws ConfigurationError that names what is missing or of another type, and the SQL or variable that mends it
 */
export async function inspectBlocks(db: Queryable, names: TableNames): Promise<BlocksTable> {
  await requireVectorType(db);
  const blocks = await readColumns(db, names.blocksTable, 'PALDOCS_BLOCKS_TABLE');
  const notes = await readColumns(db, names.notesTable, 'PALDOCS_NOTES_TABLE');

  const id = requireColumn(blocks, names.blocksTable, names.blocksId, 'PALDOCS_BLOCKS_ID_COLUMN');
  requireColumn(blocks, names.blocksTable, names.blocksNoteId, 'PALDOCS_BLOCKS_NOTE_ID_COLUMN');
  requireColumn(blocks, names.blocksTable, names.blocksType, 'PALDOCS_BLOCKS_TYPE_COLUMN');
  const content = requireColumn(blocks, names.blocksTable, names.blocksContent, 'PALDOCS_BLOCKS_CONTENT_COLUMN');
  requireColumn(notes, names.notesTable, names.notesId, 'PALDOCS_NOTES_ID_COLUMN');
  requireColumn(notes, names.notesTable, names.notesTitle, 'PALDOCS_NOTES_TITLE_COLUMN');

  const blocksTable = quoteTable(names.blocksTable);
  const embedding = blocks.get('embedding');
  if (embedding === undefined) {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${names.blocksTable} has no column embedding. The API's migration adds it: ALTER TABLE ${blocksTable} ADD COLUMN embedding vector(768)`,
    );
  }
  if (embedding.typeName !== 'vector') {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${names.blocksTable}.embedding is of type ${embedding.type}, not vector(N): ALTER TABLE ${blocksTable} ALTER COLUMN embedding TYPE vector(768)`,
    );
  }
  if (embedding.typmod < 1) {
    throw new ConfigurationError(
      'SCHEMA_DIMENSIONS',
      `${names.blocksTable}.embedding is a vector of no fixed dimension: ALTER TABLE ${blocksTable} ALTER COLUMN embedding TYPE vector(768)`,
    );
  }
  if (!blocks.has('embedding_status')) {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${names.blocksTable} has no column embedding_status. The API's migration adds it: ALTER TABLE ${blocksTable} ADD COLUMN embedding_status text NOT NULL DEFAULT 'pending'`,
    );
  }
  if (!ID_TYPES.has(id.type.replace(/\(\d+\)$/, ''))) {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${names.blocksTable}.${names.blocksId} is of type ${id.type}: ids must be integer, bigint, uuid or text`,
    );
  }
  const contentFormat = CONTENT_FORMATS[content.type.replace(/\(\d+\)$/, '')];
  if (contentFormat === undefined) {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${names.blocksTable}.${names.blocksContent} is of type ${content.type}: it must be text, json or jsonb`,
    );
  }
  return {
    blocks: blocksTable,
    notes: quoteTable(names.notesTable),
    id: quoteColumn(names.blocksId),
    noteId: quoteColumn(names.blocksNoteId),
    type: quoteColumn(names.blocksType),
    content: quoteColumn(names.blocksContent),
    notesId: quoteColumn(names.notesId),
    notesTitle: quoteColumn(names.notesTitle),
    idType: id.type.startsWith('character varying') ? 'text' : id.type,
    contentFormat,
    vectorType: embedding.type.replace(/\(\d+\)$/, ''),
    vectorTypeOid: embedding.typeOid,
    dimensions: embedding.typmod,
  };
}

async function requireVectorType(db: Queryable): Promise<void> {
  const [row] = await db.query<{ installed: boolean; available: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') AS installed,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS available`,
  );
  if (row?.installed === true) return;
  throw new ConfigurationError(
    'SCHEMA_PGVECTOR',
    row?.available === true
      ? 'the database has no pgvector: CREATE EXTENSION vector'
      : 'the database server has no pgvector: install its package on the server (https://github.com/pgvector/pgvector#installation), then CREATE EXTENSION vector',
  );
}

/** Asks the catalogue about a table, whose name is the only parameter. */
async function askFor<Row extends object>(db: Queryable, tableName: string, sql: string): Promise<Row[]> {
  try {
    return await db.query<Row>(sql, [quoteTable(tableName)]);
  } catch (error) {
    if (!isDenied(error)) throw error;
    const schema = tableName.split('.')[0] ?? '';
    const [me] = await db.query<{ role: string }>('SELECT current_user AS role');
    throw new ConfigurationError(
      'SCHEMA_PRIVILEGE',
      `the role ${me?.role ?? ''} may not use the schema ${schema}: GRANT USAGE ON SCHEMA ${quoteColumn(schema)} TO ${quoteColumn(me?.role ?? '')}`,
      { cause: error },
    );
  }
}

async function readColumns(db: Queryable, tableName: string, variable: string): Promise<Map<string, Column>> {
  const rows = await askFor<Column>(
    db,
    tableName,
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typname AS "typeName",
       a.atttypid::int8::int AS "typeOid", a.atttypmod AS typmod
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  if (rows.length > 0) return new Map(rows.map((column) => [column.name, column]));
  throw new ConfigurationError(
    'SCHEMA_TABLE',
    `${variable}: there is no table ${tableName} in this database, or its schema may not be used by this role. Run the API's migrations, correct the name, or GRANT USAGE ON SCHEMA … TO the role`,
  );
}

function requireColumn(columns: Map<string, Column>, table: string, name: string, variable: string): Column {
  const column = columns.get(name);
  if (column !== undefined) return column;
  throw new ConfigurationError(
    'SCHEMA_COLUMN',
    `${variable}: ${table} has no column "${name}". It has ${[...columns.keys()].join(', ')}`,
  );
}
