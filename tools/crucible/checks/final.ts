import { isDeepStrictEqual } from 'node:util';
import { DEAD_LETTER_QUEUE } from '../site/queue-names.js';
import { isVectorOf, readVector, textOf, DIMENSIONS } from '../expected.js';
import type { CrucibleDatabase } from '../site/database.js';
import type { Violations } from '../violation.js';
import type { Model } from '../writer/model.js';

interface Row {
  readonly id: string;
  readonly noteId: string;
  readonly type: string;
  readonly content: string;
  readonly title: string;
  readonly status: string | null;
  readonly vector: Buffer | null;
  readonly deadLetters: number;
}

/** How many blocks ended with each status. */
export type FinalCounts = Readonly<Record<string, number>>;

/** Compares every block, when all is quiet, with what the writer left and with what the stand-in makes of it. */
export async function checkFinal(
  database: CrucibleDatabase,
  model: Model,
  violations: Violations,
): Promise<FinalCounts> {
  const rows = await database.persist<Row>(SQL, [DEAD_LETTER_QUEUE]);
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const status = row.status ?? 'unset';
    counts[status] = (counts[status] ?? 0) + 1;
    checkOurs(row, model, violations);
    checkTheirs(row, model, violations);
  }
  const found = new Set(rows.map(({ id }) => id));
  for (const id of model.blocks.keys()) {
    if (!found.has(id)) violations.add({ invariant: 6, what: 'a block is missing', blockId: id });
  }
  const notes = await database.persist<{ id: string; title: string }>('SELECT id::text AS id, title FROM notes');
  for (const { id, title } of notes) {
    if (model.notes.get(id)?.title !== title)
      violations.add({ invariant: 6, what: 'a note is not as the writer left it', details: { id, title } });
  }
  return counts;
}

/** Status and vector. */
function checkOurs(row: Row, model: Model, violations: Violations): void {
  const blockId = row.id;
  const text = textOf(row);
  const poison = model.blocks.get(blockId)?.nature === 'poison';
  const details = { status: row.status, text: text?.slice(0, 120) ?? null };
  const vector = row.vector === null ? undefined : readVector(row.vector);

  if (text === null) {
    if (row.status !== 'skipped')
      violations.add({ invariant: 1, what: 'a block without text is not skipped', blockId, details });
    if (vector !== undefined)
      violations.add({ invariant: 3, what: 'a block without text has a vector', blockId, details });
  } else if (poison) {
    if (row.status !== 'error')
      violations.add({ invariant: 4, what: 'a block whose text is always refused is not in error', blockId, details });
  } else if (row.status === 'error') {
    violations.add({ invariant: 5, what: 'a block is in error whose text is good', blockId, details });
  } else if (row.status !== 'completed') {
    violations.add({ invariant: 1, what: 'a block is not completed', blockId, details });
  } else if (vector?.dimensions !== DIMENSIONS || !isVectorOf(text, vector)) {
    violations.add({ invariant: 1, what: 'a block’s vector is not that of its text', blockId, details });
  }
  const expected = row.status === 'error' ? 1 : 0;
  if (row.deadLetters !== expected) {
    const what = `a block in ${row.status ?? 'no status'} has ${row.deadLetters} dead letters`;
    violations.add({ invariant: 3, what, blockId, details });
  }
}

/** All other columns. */
function checkTheirs(row: Row, model: Model, violations: Violations): void {
  const block = model.blocks.get(row.id);
  if (block === undefined) {
    violations.add({ invariant: 6, what: 'there is a block that the writer has not left', blockId: row.id });
  } else if (
    block.noteId !== row.noteId ||
    block.type !== row.type ||
    !isDeepStrictEqual(block.content, JSON.parse(row.content))
  ) {
    const details = { noteId: row.noteId, type: row.type, content: row.content.slice(0, 120) };
    violations.add({ invariant: 6, what: 'a block is not as the writer left it', blockId: row.id, details });
  }
}

const SQL = `
SELECT b.id::text AS id, b.note_id::text AS "noteId", b.block_type AS type, b.content::text AS content, n.title,
       b.embedding_status AS status, vector_send(b.embedding) AS vector,
       (SELECT count(*)::int FROM pgboss.job_common j WHERE j.name = $1 AND j.state <= 'active' AND j.singleton_key = b.id::text)
         AS "deadLetters"
  FROM blocks b JOIN notes n ON n.id = b.note_id`;
