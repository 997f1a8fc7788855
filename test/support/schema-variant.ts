import type { VectorKind } from '../../src/postgres/vector-codec.js';
import { referenceSchema } from '../../tools/reference-schema.js';

/** How a database differs from the reference schema. */
export interface SchemaVariant {
  /** Of blocks and notes; `bigint` by default. */
  readonly idType?: IdType;
  /** Of `blocks.content`; `jsonb` by default. */
  readonly contentType?: ContentType;
  /** Of `blocks.embedding`; 768 by default, null for a column without a fixed dimension. */
  readonly dimensions?: number | null;
  /** The type of `blocks.embedding`; `vector` by default. */
  readonly vectorKind?: VectorKind;
  /** Whether it has the trigger; true by default. */
  readonly withTrigger?: boolean;
  /** Of the database; the server's by default. */
  readonly encoding?: 'SQL_ASCII';
}

export type IdType = 'integer' | 'bigint' | 'uuid' | 'text';
export type ContentType = 'text' | 'json' | 'jsonb';

/** The statements that turn an empty database with the reference schema and trigger into the variant. */
export async function variantSql(variant: SchemaVariant): Promise<string[]> {
  const {
    idType = 'bigint',
    contentType = 'jsonb',
    dimensions = 768,
    vectorKind = 'vector',
    withTrigger = true,
  } = variant;
  const changes: string[] = [];
  if (idType !== 'bigint') changes.push(...idTypeSql(idType));
  if (contentType !== 'jsonb') {
    changes.push(`ALTER TABLE blocks ALTER content TYPE ${contentType} USING content::text::${contentType}`);
  }
  if (dimensions !== 768 || vectorKind !== 'vector') {
    const length = dimensions === null ? '' : `(${String(dimensions)})`;
    changes.push(`ALTER TABLE blocks ALTER embedding TYPE ${vectorKind}${length}`);
  }
  if (changes.length === 0 && withTrigger) return [];
  // A column that a trigger names cannot change its type.
  const statements = ['DROP FUNCTION queue_block_embedding() CASCADE', ...changes];
  if (withTrigger) statements.push((await referenceSchema()).trigger);
  return statements;
}

function idTypeSql(idType: Exclude<IdType, 'bigint'>): string[] {
  const drop = 'ALTER TABLE blocks DROP CONSTRAINT blocks_note_id_fkey';
  const restore =
    'ALTER TABLE blocks ADD CONSTRAINT blocks_note_id_fkey FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE';
  const column = (table: string, name: string) =>
    `ALTER TABLE ${table} ALTER ${name} TYPE ${idType} USING ${name}::text::${idType}`;
  const columns = [column('notes', 'id'), column('blocks', 'id'), column('blocks', 'note_id')];
  if (idType === 'integer') return [drop, ...columns, restore]; // the identity's sequence follows
  const identities = ['notes', 'blocks'].map((table) => `ALTER TABLE ${table} ALTER id DROP IDENTITY`);
  const defaults = ['notes', 'blocks'].flatMap((table) => defaultSql(table, idType));
  return [drop, ...identities, ...columns, ...defaults, restore];
}

function defaultSql(table: string, idType: 'uuid' | 'text'): string[] {
  if (idType === 'uuid') return [`ALTER TABLE ${table} ALTER id SET DEFAULT gen_random_uuid()`];
  const sequence = `${table}_text_id`;
  // Ids that cannot be read as numbers, as the API's may be: `blocks:7`.
  return [
    `CREATE SEQUENCE ${sequence} OWNED BY ${table}.id`,
    `ALTER TABLE ${table} ALTER id SET DEFAULT '${table}:' || nextval('${sequence}')`,
  ];
}
