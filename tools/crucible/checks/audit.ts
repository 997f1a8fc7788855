import type { Deployment } from '../testbed/deployments.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import { isVectorOf, readVector, textOf } from '../expected.js';
import { wholeText } from '../../../src/embedder/text-in-context.js';
import type { Violations } from '../violation.js';
import { isRejectedByServer } from '../writer/texts.js';

/** One committed write to a block, as the audit trigger recorded it. */
export interface AuditRow {
  readonly seq: string;
  readonly at: Date;
  readonly xid: string;
  /** Of the Deployment whose columns the row describes; null for a note. */
  readonly queue: string | null;
  readonly byWorker: boolean;
  readonly op: string;
  readonly blockId: string | null;
  readonly oldStatus: string | null;
  readonly newStatus: string | null;
  readonly vector: Buffer | null;
  readonly cleared: boolean;
  readonly settled: boolean | null;
  readonly type: string | null;
  readonly content: string | null;
  readonly title: string | null;
  readonly headingsAbove: readonly string[] | null;
  readonly forbidden: boolean;
}

const PAGE = 2_000;

/**
 * Reads the audit of one Deployment and checks each write of a worker by itself: the vector belongs to the block's text at the
 * COMMIT of the write (2a), the same transaction completed the block's job (2b), only blocks with a rejected text are
 * dead-lettered (5), and no other column was written (6).
 */
export class AuditCheck {
  readonly #database: CrucibleDatabase;
  readonly #violations: Violations;
  readonly #deployment: Deployment;
  #after = '0';
  /** How many vectors were stored. */
  stored = 0;
  /** When each block was stored or skipped, to measure how long an edit took. */
  readonly stores: { readonly blockId: string; readonly at: number }[] = [];

  constructor(database: CrucibleDatabase, violations: Violations, deployment: Deployment) {
    this.#database = database;
    this.#violations = violations;
    this.#deployment = deployment;
  }

  /** Checks the rows written since the last call. */
  async follow(): Promise<void> {
    for (;;) {
      // The newest 2 s wait for the next call: a lower number may be committed after a higher one.
      const rows = await this.#database.persist<AuditRow>(
        `${SELECT} WHERE seq > $1 AND (queue = $2 OR queue IS NULL) AND at < clock_timestamp() - interval '2 s' ORDER BY seq LIMIT ${PAGE}`,
        [this.#after, this.#deployment.queue],
      );
      for (const row of rows) this.#judge(row);
      this.#after = rows.at(-1)?.seq ?? this.#after;
      if (rows.length < PAGE) return;
    }
  }

  async history(blockId: string): Promise<AuditRow[]> {
    return await this.#database.persist<AuditRow>(`${SELECT} WHERE block_id = $1 AND queue = $2 ORDER BY seq`, [
      blockId,
      this.#deployment.queue,
    ]);
  }

  #judge(row: AuditRow): void {
    const { queue, instruction } = this.#deployment;
    const blockId = row.blockId ?? '';
    const at = row.at.toISOString();
    if (row.forbidden)
      this.#violations.add({
        invariant: 6,
        what: 'a worker wrote a column or row that is not its own',
        blockId,
        details: { queue, op: row.op, at },
      });
    if (!row.byWorker) return;
    if (row.newStatus !== row.oldStatus || row.vector !== null) {
      if (row.newStatus === 'completed' || row.newStatus === 'skipped')
        this.stores.push({ blockId, at: row.at.getTime() });
    }
    if (row.newStatus === 'error' && row.oldStatus !== 'error' && !isRejectedByServer(row.content ?? '')) {
      this.#violations.add({
        invariant: 5,
        what: 'a block with a good text was dead-lettered',
        blockId,
        details: { queue, at, xid: row.xid, content: row.content?.slice(0, 120) ?? null },
      });
    }
    if (row.vector === null) return;
    this.stored += 1;
    const text = textOf(
      { type: row.type ?? '', content: row.content, title: row.title, headingsAbove: row.headingsAbove ?? [] },
      this.#database.context,
    );
    if (text === null || !isVectorOf(text, instruction, readVector(row.vector))) {
      this.#violations.add({
        invariant: 2,
        what: 'a stored vector does not match the text at its commit',
        blockId,
        details: { queue, at, xid: row.xid, text: text && wholeText(text).slice(0, 120) },
      });
    }
    if (row.settled !== true) {
      this.#violations.add({
        invariant: 2,
        what: 'a vector was stored by a transaction that did not complete a job of that block',
        blockId,
        details: { queue, at, xid: row.xid },
      });
    }
  }
}

const SELECT = `SELECT seq::text AS seq, at, xid, queue, by_worker AS "byWorker", op, block_id AS "blockId", old_status AS "oldStatus",
  new_status AS "newStatus", vector, cleared, settled, block_type AS type, content, title,
  headings_above AS "headingsAbove", forbidden FROM crucible.audit`;
