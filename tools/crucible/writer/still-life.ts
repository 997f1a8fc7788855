import type { Random } from '../random.js';
import type { CrucibleDatabase } from '../site/database.js';
import { Scope } from './scope.js';
import type { Model } from './model.js';
import { Texts } from './texts.js';

const BLOCKS = 40;
const NAME = 's0';

/** The title of the note whose blocks nobody edits begins so. */
export const STILL = 'Still life';

/** A note whose blocks nobody edits: a neighbour may lock them for long without the writer waiting for it. */
export async function insertStillLife(database: CrucibleDatabase, model: Model, random: Random): Promise<void> {
  const client = await database.connect('crucible still life');
  try {
    const { rows } = await client.query<{ id: string }>(
      'INSERT INTO notes (title) VALUES ($1) RETURNING id::text AS id',
      [STILL],
    );
    const id = rows[0]?.id ?? '';
    const texts = new Texts(random, NAME);
    const scope = new Scope(client, model, random, texts, [id]);
    scope.changes.notes.set(id, { id, title: STILL });
    await client.query('BEGIN');
    await scope.insert(id, texts.of('none', 'mermaid')); // the first row of the table: what a worker tries its writes on
    for (let i = 0; i < BLOCKS; i++) await scope.insert(id, texts.of('good', 'paragraph'));
    await client.query('COMMIT');
    model.apply(scope.changes, NAME);
  } finally {
    await client.end();
  }
}
