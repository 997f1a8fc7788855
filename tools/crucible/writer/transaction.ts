import type pg from 'pg';
import type { Random } from '../random.js';
import { blockOf, noChanges, type BlockModel, type Changes, type Model } from './model.js';
import type { Text, Texts } from './texts.js';

/** One transaction of the API: sends its statements, and records what they change once it is committed. */
export class Transaction {
  readonly changes: Changes = noChanges();
  readonly client: pg.Client;
  readonly random: Random;
  readonly texts: Texts;
  readonly #model: Model;
  readonly #noteIds: readonly string[];

  constructor(client: pg.Client, model: Model, random: Random, texts: Texts, noteIds: readonly string[]) {
    this.client = client;
    this.random = random;
    this.texts = texts;
    this.#model = model;
    this.#noteIds = noteIds;
  }

  anyNote(): string {
    return this.random.pick(this.#noteIds);
  }

  title(noteId: string): string {
    return (this.changes.notes.get(noteId) ?? this.#model.notes.get(noteId))?.title ?? '';
  }

  /** The session's blocks as this transaction sees them. */
  blocks(): BlockModel[] {
    const own = new Set(this.#noteIds);
    const blocks = [...this.#model.blocks.values()].filter(
      ({ id, noteId }) => own.has(noteId) && !this.changes.blocks.has(id),
    );
    for (const block of this.changes.blocks.values()) if (block !== undefined) blocks.push(block);
    return blocks;
  }

  anyBlock(): BlockModel | undefined {
    const blocks = this.blocks();
    return blocks.length === 0 ? undefined : this.random.pick(blocks);
  }

  async insert(noteId: string, text: Text): Promise<void> {
    const { rows } = await this.client.query<{ id: string }>(
      'INSERT INTO blocks (note_id, block_type, content) VALUES ($1, $2, $3) RETURNING id::text AS id',
      [noteId, text.type, JSON.stringify(text.content)],
    );
    const id = rows[0]?.id ?? '';
    this.changed(blockOf(id, noteId, text), `insert ${text.type} ${text.kind} ${text.word} into note ${noteId}`);
  }

  async edit(block: BlockModel, text: Text): Promise<void> {
    await this.client.query('UPDATE blocks SET block_type = $2, content = $3 WHERE id = $1', [
      block.id,
      text.type,
      JSON.stringify(text.content),
    ]);
    this.changed(blockOf(block.id, block.noteId, text), `edit to ${text.type} ${text.kind} ${text.word}`);
  }

  async remove(block: BlockModel): Promise<void> {
    await this.client.query('DELETE FROM blocks WHERE id = $1', [block.id]);
    this.changes.blocks.set(block.id, undefined);
    this.changes.operations.push({ blockId: block.id, what: 'delete' });
  }

  /** What the API must do when a heading's text changes but its row does not: set it pending, and notify. */
  async announce(blocks: readonly BlockModel[], why: string): Promise<void> {
    if (blocks.length === 0) return;
    const ids = blocks.map(({ id }) => id);
    await this.client.query(
      `WITH due AS (SELECT id FROM blocks WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE)
       UPDATE blocks b SET embedding_status = 'pending' FROM due WHERE b.id = due.id`,
      [ids],
    );
    await this.client.query(`SELECT pg_notify('embedding_queue', id) FROM unnest($1::text[]) id`, [ids]);
    for (const block of blocks) this.changed(block, why);
  }

  /** @param textChanged whether the block has to be embedded again */
  changed(block: BlockModel, what: string, textChanged = true): void {
    this.changes.blocks.set(block.id, block);
    if (textChanged) this.changes.textChanged.add(block.id);
    this.changes.operations.push({ blockId: block.id, what });
  }
}
