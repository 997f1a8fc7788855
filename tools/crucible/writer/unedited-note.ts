import type { Random } from '../random.js';
import type { CrucibleDatabase } from '../testbed/database.js';
import { Transaction } from './transaction.js';
import type { Model } from './model.js';
import { Texts } from './texts.js';

const BLOCKS = 40;
const NAME = 's0';

/** Title of the note whose blocks the writer never edits. */
export const UNEDITED_TITLE = 'Unedited note';

/** Inserts a note whose blocks the writer never edits. A nemesis can lock them for a long time without blocking the writer. */
export async function insertUneditedNote(database: CrucibleDatabase, model: Model, random: Random): Promise<void> {
  const client = await database.connect('crucible unedited note');
  try {
    const { rows } = await client.query<{ id: string }>(
      'INSERT INTO notes (title) VALUES ($1) RETURNING id::text AS id',
      [UNEDITED_TITLE],
    );
    const id = rows[0]?.id ?? '';
    const texts = new Texts(random, NAME, database.context);
    const tx = new Transaction(client, model, random, texts, [id]);
    tx.changes.notes.set(id, { id, title: UNEDITED_TITLE });
    await client.query('BEGIN');
    await tx.insert(id, texts.of('none', 'mermaid')); // the first row of the table, on which a starting worker tests its writes
    for (let i = 0; i < BLOCKS; i++) await tx.insert(id, texts.of('good', 'paragraph'));
    await client.query('COMMIT');
    model.apply(tx.changes, NAME);
  } finally {
    await client.end();
  }
}
