import { DIMENSIONS } from '../expected.js';
import type { Nemesis, NemesisContext } from '../nemesis.js';
import { sleep } from '../../../src/base/sleep.js';
import { CHANNEL } from '../../../src/blocks/channel.js';

const LONGEST_MS = 6_000;

/** Columns that a worker uses. */
const COLUMNS = [
  ['blocks', 'content'],
  ['blocks', 'block_type'],
  ['blocks', 'note_id'],
  ['blocks', 'embedding'],
  ['blocks', 'embedding_status'],
  ['notes', 'title'],
] as const;
const OTHER_DIMENSIONS = [256, 384, 512, 1_024];
const VECTOR_KINDS = ['vector', 'halfvec'] as const;

/** Gives a column another name for a while, as a migration does that goes wrong and is undone. */
export const renameColumn: Nemesis = {
  name: 'rename-column',
  delaysOthers: true,
  blocksAllWork: true,
  changesSchema: true,
  countsNothing: true,
  run: async (context) => {
    const [table, column] = context.random.pick(COLUMNS);
    await changeForAWhile(
      context,
      renameSql(table, column, `${column}_old`),
      renameSql(table, `${column}_old`, column),
    );
  },
};

/**
 * Changes the dimensions of the embedding column and, half of the time, its type, and changes them back. Each time, as the
 * API's migration does, it sets the completed blocks `pending` and asks for a sweep.
 */
export const changeDimensions: Nemesis = {
  name: 'change-dimensions',
  delaysOthers: true,
  blocksAllWork: true,
  changesSchema: true,
  countsNothing: true,
  run: async (context) => {
    const { random, testbed } = context;
    const other = `${random.pick(VECTOR_KINDS)}(${random.pick(OTHER_DIMENSIONS)})`;
    const own = `${testbed.database.vectorKind}(${DIMENSIONS})`;
    await changeForAWhile(context, vectorTypeSql(other), vectorTypeSql(own));
  },
};

/** Changes `content` to json and back to jsonb: functions planned on existing connections still expect the old type. */
export const changeType: Nemesis = {
  name: 'change-type',
  delaysOthers: true,
  blocksAllWork: true,
  changesSchema: true,
  countsNothing: true,
  run: (context) => changeForAWhile(context, contentTypeSql('json'), contentTypeSql('jsonb')),
};

/** Makes a change and undoes it after a while. Both statements can be repeated if the answer to a COMMIT is lost. */
async function changeForAWhile(
  { testbed, random, signal }: NemesisContext,
  change: string,
  undo: string,
): Promise<void> {
  const ms = random.between(500, LONGEST_MS);
  try {
    await testbed.database.persist(change);
    await sleep(ms, signal);
  } finally {
    await testbed.database.persist(undo);
  }
}

function renameSql(table: string, from: string, to: string): string {
  return `DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attname = '${from}') THEN
    ALTER TABLE ${table} RENAME ${from} TO ${to};
  END IF;
END $$`;
}

function vectorTypeSql(type: string): string {
  return `DO $$ BEGIN
  IF (SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'blocks'::regclass AND attname = 'embedding') <> '${type}' THEN
    ALTER TABLE blocks ALTER embedding TYPE ${type} USING NULL;
    UPDATE blocks SET embedding_status = 'pending' WHERE embedding_status = 'completed';
    PERFORM pg_notify('${CHANNEL}', '');
  END IF;
END $$`;
}

/** Recreates the trigger that compares texts, which depends on the column's type. */
function contentTypeSql(type: 'json' | 'jsonb'): string {
  return `DO $$ DECLARE definition text; BEGIN
  IF (SELECT atttypid FROM pg_attribute WHERE attrelid = 'blocks'::regclass AND attname = 'content') <> '${type}'::regtype THEN
    SELECT pg_get_triggerdef(oid) INTO definition FROM pg_trigger WHERE tgrelid = 'blocks'::regclass AND tgname = 'blocks_embedding_update';
    DROP TRIGGER blocks_embedding_update ON blocks;
    ALTER TABLE blocks ALTER content TYPE ${type} USING content::${type};
    EXECUTE definition;
  END IF;
END $$`;
}
