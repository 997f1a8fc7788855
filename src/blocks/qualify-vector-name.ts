import type { BlocksTable } from './table.js';

/**
 * The name by which this session must refer to an object of pgvector: `schema.name` if the search path lacks pgvector's
 * schema.
 *
 * @param name such as `vector_cosine_ops` or `<=>`
 */
export function qualifyVectorName({ vectorType }: BlocksTable, name: string): string {
  const schema = /^(.+)\.[^.]+$/.exec(vectorType)?.[1];
  return schema === undefined ? name : `${schema}.${name}`;
}
