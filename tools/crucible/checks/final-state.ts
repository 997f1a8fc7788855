import { isDeepStrictEqual } from 'node:util';
import type { ContextKind } from '../../../src/blocks/context/kinds.js';
import { wholeText } from '../../../src/embedder/text-in-context.js';
import type { Deployment } from '../testbed/deployments.js';
import { isVectorOf, readVector, textOf, DIMENSIONS } from '../expected.js';
import { headingsAboveSql } from '../testbed/context.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

interface Row {
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: string;
  readonly title: string;
  readonly headingsAbove: readonly string[];
  readonly status: string | null;
  readonly vector: Buffer | null;
  readonly deadLetters: number;
}

/** How many blocks ended with each status. */
export type StatusCounts = Readonly<Record<string, number>>;

/** Compares every block, once no work is left, with what the writer wrote and with the Deployment's vector for its text. */
export async function checkFinalState(
  database: CrucibleDatabase,
  model: Model,
  violations: Violations,
  deployment: Deployment,
): Promise<StatusCounts> {
  const rows = await database.persist<Row>(rowsSql(deployment, database.context), [deployment.deadLetters]);
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const status = row.status ?? 'unset';
    counts[status] = (counts[status] ?? 0) + 1;
    checkWorkerColumns(row, database.context, model, violations, deployment);
    checkApiColumns(row, model, violations);
  }
  const found = new Set(rows.map(({ id }) => id));
  for (const id of model.blocks.keys()) {
    if (!found.has(id)) violations.add({ invariant: 6, what: 'a block is missing', blockId: id });
  }
  const notes = await database.persist<{ id: string; title: string }>('SELECT id::text AS id, title FROM notes');
  for (const { id, title } of notes) {
    if (model.notes.get(id)?.title !== title)
      violations.add({ invariant: 6, what: 'a note differs from what the writer wrote', details: { id, title } });
  }
  return counts;
}

/** Checks status and vector, the two columns that workers write. */
function checkWorkerColumns(
  row: Row,
  context: ContextKind,
  model: Model,
  violations: Violations,
  deployment: Deployment,
): void {
  const blockId = row.id;
  const text = textOf(row, context);
  const poison = model.blocks.get(blockId)?.kind === 'poison';
  const details = { queue: deployment.queue, status: row.status, text: text && wholeText(text).slice(0, 120) };
  const vector = row.vector === null ? undefined : readVector(row.vector);

  if (text === null) {
    if (row.status !== 'skipped')
      violations.add({ invariant: 1, what: 'a block without text is not skipped', blockId, details });
    if (vector !== undefined)
      violations.add({ invariant: 3, what: 'a block without text has a vector', blockId, details });
  } else if (poison) {
    if (row.status !== 'error')
      violations.add({ invariant: 4, what: 'a block whose text is always rejected is not in error', blockId, details });
  } else if (row.status === 'error') {
    violations.add({ invariant: 5, what: 'a block with a good text is in error', blockId, details });
  } else if (row.status !== 'completed') {
    violations.add({ invariant: 1, what: 'a block is not completed', blockId, details });
  } else if (vector?.dimensions !== DIMENSIONS || !isVectorOf(text, deployment.instruction, vector)) {
    violations.add({ invariant: 1, what: 'a block’s vector does not match its text', blockId, details });
  }
  const expected = row.status === 'error' ? 1 : 0;
  if (row.deadLetters !== expected) {
    const what = `a block with status ${row.status ?? 'NULL'} has ${row.deadLetters} dead letters`;
    violations.add({ invariant: 3, what, blockId, details });
  }
}

/** Checks all other columns, which only the API writes. */
function checkApiColumns(row: Row, model: Model, violations: Violations): void {
  const block = model.blocks.get(row.id);
  if (block === undefined) {
    violations.add({ invariant: 6, what: 'there is a block that the writer did not write', blockId: row.id });
  } else if (
    block.noteId !== row.noteId ||
    block.type !== row.type ||
    !isDeepStrictEqual(block.content, JSON.parse(row.content))
  ) {
    const details = { noteId: row.noteId, type: row.type, content: row.content.slice(0, 120) };
    violations.add({ invariant: 6, what: 'a block differs from what the writer wrote', blockId: row.id, details });
  }
}

function rowsSql({ embedding, status }: Deployment, context: ContextKind): string {
  return `
SELECT b.id::text AS id, b.note_id::text AS "noteId", b.block_type AS type, b.content::text AS content, n.title,
       ${headingsAboveSql('b', context)} AS "headingsAbove", b.${status} AS status, vector_send(b.${embedding}::vector) AS vector,
       (SELECT count(*)::int FROM pgboss.job_common j WHERE j.name = $1 AND j.state <= 'active' AND j.singleton_key = b.id::text)
         AS "deadLetters"
  FROM blocks b JOIN notes n ON n.id = b.note_id`;
}
