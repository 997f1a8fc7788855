import { DIMENSIONS } from '../expected.js';
import type { Nemesis, NemesisContext } from '../nemesis.js';
import { pause } from '../sleep.js';
import { CHANNEL } from '../../../src/blocks/channel.js';

const LONGEST_MS = 6_000;

/** Of the columns that a worker uses. */
const COLUMNS = [
  ['blocks', 'content'],
  ['blocks', 'block_type'],
  ['blocks', 'note_id'],
  ['blocks', 'embedding'],
  ['blocks', 'embedding_status'],
  ['notes', 'title'],
] as const;
const OTHER_DIMENSIONS = [256, 384, 512, 1_024];

/** A migration that goes wrong and is undone: a column is called something else for a while. */
export const renameColumn: Nemesis = {
  name: 'rename-column',
  disturbs: true,
  holds: true,
  changesSchema: true,
  costsNothing: true,
  run: async (context) => {
    const [table, column] = context.random.pick(COLUMNS);
    await meanwhile(context, renameSql(table, column, `${column}_old`), renameSql(table, `${column}_old`, column));
  },
};

/**
 * The embedding gets other dimensions, and its own again. Each time the API's migration sets what was embedded `pending` and
 * asks for a sweep.
 */
export const changeDimensions: Nemesis = {
  name: 'change-dimensions',
  disturbs: true,
  holds: true,
  changesSchema: true,
  costsNothing: true,
  run: async (context) => {
    const other = context.random.pick(OTHER_DIMENSIONS);
    await meanwhile(context, dimensionsSql(other), dimensionsSql(DIMENSIONS));
  },
};

/** `content` becomes json, and jsonb again: functions that a connection has planned know the old type. */
export const changeType: Nemesis = {
  name: 'change-type',
  disturbs: true,
  holds: true,
  changesSchema: true,
  costsNothing: true,
  run: (context) => meanwhile(context, contentTypeSql('json'), contentTypeSql('jsonb')),
};

/** Each may be run again after a COMMIT whose answer was lost. */
async function meanwhile({ site, random, signal }: NemesisContext, change: string, undo: string): Promise<void> {
  const ms = random.between(500, LONGEST_MS);
  try {
    await site.database.persist(change);
    await pause(ms, signal);
  } finally {
    await site.database.persist(undo);
  }
}

function renameSql(table: string, from: string, to: string): string {
  return `DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attname = '${from}') THEN
    ALTER TABLE ${table} RENAME ${from} TO ${to};
  END IF;
END $$`;
}

function dimensionsSql(dimensions: number): string {
  return `DO $$ BEGIN
  IF (SELECT atttypmod FROM pg_attribute WHERE attrelid = 'blocks'::regclass AND attname = 'embedding') <> ${dimensions} THEN
    ALTER TABLE blocks ALTER embedding TYPE vector(${dimensions}) USING NULL;
    UPDATE blocks SET embedding_status = 'pending' WHERE embedding_status = 'completed';
    PERFORM pg_notify('${CHANNEL}', '');
  END IF;
END $$`;
}

/** The trigger that compares texts depends on the column's type. */
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
