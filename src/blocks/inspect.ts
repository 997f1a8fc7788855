import type { Queryable } from '../postgres/database.js';
import { quoteColumn, quoteTable, readColumnName } from '../postgres/identifiers.js';
import type { VectorKind } from '../postgres/vector-codec.js';
import { ConfigurationError } from '../base/errors.js';
import { findRelation, requireReadable, requireTable, shellAssignment, type Relation } from './find-relation.js';
import { requirePgvector } from './checks/pgvector.js';
import type { BlocksTable, TableNames } from './table.js';

interface Column {
  name: string;
  type: string;
  typeName: string;
  typeOid: number;
  typmod: number;
}

/** Types of ids: those whose text form can be cast back. */
const ID_TYPES = new Set(['smallint', 'integer', 'bigint', 'uuid', 'text', 'character varying']);
const CONTENT_FORMATS: Readonly<Record<string, 'text' | 'json'>> = {
  text: 'text',
  'character varying': 'text',
  json: 'json',
  jsonb: 'json',
};

const STATUS_TYPE = "text NOT NULL DEFAULT 'pending'";

/** Types that PostgreSQL casts to vector implicitly: pgvector's sparse vectors, and arrays of numbers. */
const CASTABLE = /^(sparsevec|_(int4|float4|float8|numeric))$/;

/**
 * Reads from the catalogue what the statements on blocks and notes are built from. This is the only place that uses the
 * operator's names: everything else uses the tables and columns found here.
 *
 * @throws ConfigurationError that names what is missing or has the wrong type, with the SQL or variable that fixes it
 */
export async function inspectBlocks(db: Queryable, names: TableNames): Promise<BlocksTable> {
  await requirePgvector(db);
  const blocks = await findRelation(db, names.blocksTable, 'PALDOCS_BLOCKS_TABLE');
  await requireTable(db, blocks, 'PALDOCS_BLOCKS_TABLE');
  const notes = await findRelation(db, names.notesTable, 'PALDOCS_NOTES_TABLE');
  requireReadable(notes, 'PALDOCS_NOTES_TABLE');

  const inBlocks = await readColumns(db, blocks);
  const inNotes = await readColumns(db, notes);
  const id = requireColumn(inBlocks, blocks, names.blocksId, 'PALDOCS_BLOCKS_ID_COLUMN');
  const noteId = requireColumn(inBlocks, blocks, names.blocksNoteId, 'PALDOCS_BLOCKS_NOTE_ID_COLUMN');
  const type = requireColumn(inBlocks, blocks, names.blocksType, 'PALDOCS_BLOCKS_TYPE_COLUMN');
  const content = requireColumn(inBlocks, blocks, names.blocksContent, 'PALDOCS_BLOCKS_CONTENT_COLUMN');
  const position =
    names.blocksPosition === undefined
      ? undefined
      : requireColumn(inBlocks, blocks, names.blocksPosition, 'PALDOCS_BLOCKS_POSITION_COLUMN');
  const notesId = requireColumn(inNotes, notes, names.notesId, 'PALDOCS_NOTES_ID_COLUMN');
  const notesTitle = requireColumn(inNotes, notes, names.notesTitle, 'PALDOCS_NOTES_TITLE_COLUMN');

  const embedding = requireVector(inBlocks, blocks, names.blocksEmbedding);
  const status = requireAddedColumn(inBlocks, blocks, names.blocksStatus, 'PALDOCS_BLOCKS_STATUS_COLUMN', STATUS_TYPE);
  if (!ID_TYPES.has(withoutLength(id.type))) {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${blocks.name}.${id.name} is of type ${id.type}: ids must be integer, bigint, uuid or text`,
      { fix: 'set PALDOCS_BLOCKS_ID_COLUMN to a column of such a type' },
    );
  }
  const contentFormat = CONTENT_FORMATS[withoutLength(content.type)];
  if (contentFormat === undefined) {
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${blocks.name}.${content.name} is of type ${content.type}: it must be text, json or jsonb`,
      { fix: 'set PALDOCS_BLOCKS_CONTENT_COLUMN to a column of such a type' },
    );
  }
  return {
    blocks: quoted(blocks),
    notes: quoted(notes),
    blocksName: blocks.name,
    notesName: notes.name,
    id: quoteColumn(id.name),
    noteId: quoteColumn(noteId.name),
    type: quoteColumn(type.name),
    content: quoteColumn(content.name),
    embedding: quoteColumn(embedding.name),
    status: quoteColumn(status.name),
    position: position === undefined ? null : quoteColumn(position.name),
    notesId: quoteColumn(notesId.name),
    notesTitle: quoteColumn(notesTitle.name),
    columns: {
      id: id.name,
      noteId: noteId.name,
      type: type.name,
      content: content.name,
      embedding: embedding.name,
      status: status.name,
      position: position?.name ?? null,
      notesId: notesId.name,
      notesTitle: notesTitle.name,
    },
    idType: id.type.startsWith('character varying') ? 'text' : id.type,
    contentFormat,
    vectorType: withoutLength(embedding.type),
    vectorKind: embedding.typeName,
    vectorTypeOid: embedding.typeOid,
    dimensions: embedding.typmod,
    context: names.context,
  };
}

async function readColumns(db: Queryable, relation: Relation): Promise<Map<string, Column>> {
  const rows = await db.query<Column>(
    `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typname::text AS "typeName",
       a.atttypid::int8::int AS "typeOid", a.atttypmod AS typmod
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quoted(relation)],
  );
  return new Map(rows.map((column) => [column.name, column]));
}

function findColumn(columns: Map<string, Column>, text: string): Column | undefined {
  return readColumnName(text)
    .map((name) => columns.get(name))
    .find((column) => column !== undefined);
}

function requireColumn(columns: Map<string, Column>, relation: Relation, text: string, variable: string): Column {
  const column = findColumn(columns, text);
  if (column !== undefined) return column;
  const similar = [...columns.keys()].filter((name) => name.toLowerCase() === text.toLowerCase());
  throw new ConfigurationError(
    'SCHEMA_COLUMN',
    `${variable}: ${relation.name} has no column "${text}". It has ${[...columns.keys()].join(', ')}`,
    { fix: similar[0] === undefined ? `correct ${variable}` : shellAssignment(variable, quoteColumn(similar[0])) },
  );
}

/** One of the two columns that the API's migration adds for the worker. */
function requireAddedColumn(
  columns: Map<string, Column>,
  blocks: Relation,
  text: string,
  variable: string,
  type: string,
): Column {
  const column = findColumn(columns, text);
  if (column !== undefined) return column;
  const [name = text] = readColumnName(text);
  throw new ConfigurationError(
    'SCHEMA_COLUMN',
    `${variable}: ${blocks.name} has no column ${name}, which the API's migration adds`,
    { fix: `ALTER TABLE ${quoted(blocks)} ADD COLUMN ${quoteColumn(name)} ${type};\nor correct ${variable}` },
  );
}

/** A column of vectors with a fixed dimension. */
interface VectorColumn extends Column {
  typeName: VectorKind;
}

function isVector(column: Column): column is VectorColumn {
  return column.typeName === 'vector' || column.typeName === 'halfvec';
}

function requireVector(columns: Map<string, Column>, blocks: Relation, text: string): VectorColumn {
  const column = requireAddedColumn(columns, blocks, text, 'PALDOCS_BLOCKS_EMBEDDING_COLUMN', 'vector(768)');
  const fixTo = (type: VectorKind) =>
    `ALTER TABLE ${quoted(blocks)} ALTER COLUMN ${quoteColumn(column.name)} TYPE ${type}(768);`;
  if (!isVector(column)) {
    const fix = fixTo('vector');
    throw new ConfigurationError(
      'SCHEMA_COLUMN',
      `${blocks.name}.${column.name} is of type ${column.type}, not vector(N) or halfvec(N)`,
      {
        fix: CASTABLE.test(column.typeName) ? fix : fix.replace(/;$/, ' USING NULL;'),
      },
    );
  }
  if (column.typmod < 1) {
    throw new ConfigurationError(
      'SCHEMA_DIMENSIONS',
      `${blocks.name}.${column.name} is a ${column.typeName} without a fixed dimension`,
      { fix: fixTo(column.typeName) },
    );
  }
  return column;
}

function quoted({ schema, table }: Relation): string {
  return quoteTable(schema, table);
}

function withoutLength(type: string): string {
  return type.replace(/\(\d+\)$/, '');
}
