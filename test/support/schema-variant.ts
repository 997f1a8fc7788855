import { referenceSchema } from '../../tools/reference-schema.js';

/** In what a database differs from the reference schema. */
export interface SchemaVariant {
  /** Of blocks and notes; `bigint` unless told. */
  readonly idType?: IdType;
  /** Of `blocks.content`; `jsonb` unless told. */
  readonly contentType?: ContentType;
  /** Of `blocks.embedding`; 768 unless told, null for a column that takes any number. */
  readonly dimensions?: number | null;
  /** Whether the trigger is there, as it is unless told. */
  readonly withTrigger?: boolean;
  /** Of the database; the server's unless told. */
  readonly encoding?: 'SQL_ASCII';
}

export type IdType = 'integer' | 'bigint' | 'uuid' | 'text';
export type ContentType = 'text' | 'json' | 'jsonb';

/** The statements that make the variant of a database that holds the reference schema and trigger, and no rows. */
export async function variantSql(variant: SchemaVariant): Promise<string[]> {
  const { idType = 'bigint', contentType = 'jsonb', dimensions = 768, withTrigger = true } = variant;
  const changes: string[] = [];
  if (idType !== 'bigint') changes.push(...idTypeSql(idType));
  if (contentType !== 'jsonb') {
    changes.push(`ALTER TABLE blocks ALTER content TYPE ${contentType} USING content::text::${contentType}`);
  }
  if (dimensions !== 768) {
    changes.push(
      `ALTER TABLE blocks ALTER embedding TYPE ${dimensions === null ? 'vector' : `vector(${String(dimensions)})`}`,
    );
  }
  if (changes.length === 0 && withTrigger) return [];
  // The trigger is in the way of changing the columns it names.
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
  // Something that no number could be, such as the API's own ids may be: `blocks:7`.
  return [
    `CREATE SEQUENCE ${sequence} OWNED BY ${table}.id`,
    `ALTER TABLE ${table} ALTER id SET DEFAULT '${table}:' || nextval('${sequence}')`,
  ];
}
