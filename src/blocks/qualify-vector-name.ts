import type { BlocksTable } from './table.js';

/**
 * What pgvector put beside its type, by the name that this session must use: where the search path lacks the schema, as
 * `schema.name`.
 *
 * @param name such as `vector_cosine_ops` or `<=>`
 */
export function qualifyVectorName({ vectorType }: BlocksTable, name: string): string {
  const schema = /^(.+)\.[^.]+$/.exec(vectorType)?.[1];
  return schema === undefined ? name : `${schema}.${name}`;
}
