import type { Queryable } from '../../src/postgres/database.js';
import type { TestDatabase } from './test-database.js';

/** A node of a query plan, in PostgreSQL's JSON format. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  /** Pages of 8 kB, including those of the nodes below. */
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** Runs queries and records their plans. */
export class Explaining implements Queryable {
  readonly #db: TestDatabase;
  readonly #nodes: PlanNode[] = [];

  constructor(db: TestDatabase) {
    this.#db = db;
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const [row] = await this.#db.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
    this.#nodes.push(...nodesOf(row?.['QUERY PLAN'][0].Plan as PlanNode));
    return await this.#db.query<Row>(text, values);
  }

  executeSql(): Promise<never> {
    return Promise.reject(new Error('not implemented'));
  }

  /** The nodes that read tables and indexes. */
  get reads(): readonly PlanNode[] {
    return this.#nodes.filter((node) => node['Relation Name'] !== undefined || node['Node Type'].includes('Scan'));
  }

  /** The most pages that one query touched. */
  get mostPages(): number {
    return Math.max(...this.#nodes.map((node) => node['Shared Hit Blocks'] + node['Shared Read Blocks']));
  }
}

export function isWholeTable(node: PlanNode): boolean {
  return node['Node Type'] === 'Seq Scan';
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
