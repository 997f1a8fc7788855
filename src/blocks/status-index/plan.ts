/** A node of a plan that reads a table. */
export interface Scan {
  /** As in the catalogue. */
  readonly schema: string;
  readonly table: string;
  /** The indexes that it reads the table through; none: it reads the whole table. */
  readonly indexes: readonly string[];
}

/** A node of a query plan, in PostgreSQL's JSON format with VERBOSE. */
interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly Schema?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The tables that a plan reads. @param plans the output of EXPLAIN (FORMAT JSON, VERBOSE), parsed */
export function scansOf(plans: unknown): Scan[] {
  return (plans as readonly { readonly Plan: PlanNode }[]).flatMap(({ Plan }) => scansBelow(Plan));
}

function scansBelow(node: PlanNode): Scan[] {
  const below = node.Plans ?? [];
  const { 'Relation Name': table, Schema: schema = '' } = node;
  if (table === undefined) return below.flatMap(scansBelow);
  return [{ schema, table, indexes: indexesOf(node) }];
}

/** Those of the node itself, or of the bitmap below it. */
function indexesOf(node: PlanNode): string[] {
  const { 'Index Name': name, Plans: below = [] } = node;
  return name === undefined ? below.flatMap(indexesOf) : [name];
}
