import { referenceSchema } from '../../tools/reference-schema.js';

/** How a database differs from the reference schema. */
export interface SchemaVariant {
  /** Type of the ids of blocks and notes. Default: `bigint`. */
  readonly idType?: IdType;
  /** Type of `blocks.content`. Default: `jsonb`. */
  readonly contentType?: ContentType;
  /** Dimensions of `blocks.embedding`. Default: 768; null for a column without fixed dimensions. */
  readonly dimensions?: number | null;
  /** Whether there is a trigger. Default: true. */
  readonly withTrigger?: boolean;
  /** Encoding of the database. Default: the server's. */
  readonly encoding?: 'SQL_ASCII';
}

export type IdType = 'integer' | 'bigint' | 'uuid' | 'text';
export type ContentType = 'text' | 'json' | 'jsonb';

/** The statements that turn an empty database with the reference schema into the variant. */
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
  // The trigger has to be dropped to change the columns that it names.
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
  // Ids that are not numbers, such as `blocks:7`.
  return [
    `CREATE SEQUENCE ${sequence} OWNED BY ${table}.id`,
    `ALTER TABLE ${table} ALTER id SET DEFAULT '${table}:' || nextval('${sequence}')`,
  ];
}
