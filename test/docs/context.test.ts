import { BlockTexts } from '../../src/blocks/context/block-texts.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';
import { expectEmbedded, isVectorOf, untilIdle } from '../support/worker-blocks.js';
import { hang, keepBusy, ONE_WORKER } from '../support/worker-hold.js';
import { useSite } from '../support/worker-site.js';
import { contextTriggers } from './context-triggers.js';

const PATH = { PALDOCS_EMBEDDING_CONTEXT: 'path', PALDOCS_BLOCKS_POSITION_COLUMN: 'position' };

/** [type, content, level of a heading], in order */
type Line = readonly [type: string, text: string, level?: number];

const GUIDE: readonly Line[] = [
  ['paragraph', 'Before all headings.'],
  ['heading', 'Set-up', 1],
  ['paragraph', 'In set-up.'],
  ['heading', 'Linux', 2],
  ['paragraph', 'On Linux.'],
  ['mermaid', 'graph TD; a-->b'],
  ['heading', 'Use', 1],
  ['paragraph', 'In use.'],
];

describeWithServer('the triggers in docs/context.md', () => {
  const site = useSite({ environment: { ...PATH, ...ONE_WORKER }, prepare: installTriggers });
  let noteId: string;
  let ids: readonly string[];
  beforeEach(async () => {
    noteId = await insertNote(site().db, 'Guide');
    ids = await insertLines(site().db, noteId, GUIDE);
    await untilIdle(site().db);
    await expectEmbedded(site().db, idOf('On Linux.'), 'Guide > Set-up > Linux\nOn Linux.');
    site().ollama.forgetRequests();
  });

  it.each<[what: string, sql: string, embedded: readonly string[]]>([
    [
      'that is edited reaches the blocks after it',
      `UPDATE blocks SET content = '{"text": "Install", "level": 1}' WHERE id = $1`,
      ['In set-up.', 'Linux', 'On Linux.', 'Set-up', 'Use', 'In use.'],
    ],
    [
      'whose level changes reaches the blocks after it',
      `UPDATE blocks SET content = jsonb_set(content, '{level}', '3') WHERE id = $1`,
      ['In set-up.', 'Linux', 'On Linux.', 'Set-up', 'Use', 'In use.'],
    ],
    [
      'that is deleted reaches the blocks after it',
      'DELETE FROM blocks WHERE id = $1',
      ['In set-up.', 'Linux', 'On Linux.', 'Use', 'In use.'],
    ],
    [
      'that becomes a paragraph reaches the blocks after it',
      `UPDATE blocks SET block_type = 'paragraph' WHERE id = $1`,
      ['In set-up.', 'Linux', 'On Linux.', 'Set-up', 'Use', 'In use.'],
    ],
    [
      'that moves to the start reaches the block that it passes',
      'UPDATE blocks SET position = 5 WHERE id = $1',
      ['Before all headings.'],
    ],
    [
      'that moves down reaches the blocks that it passes and those after it',
      'UPDATE blocks SET position = 55 WHERE id = $1',
      ['In set-up.', 'Linux', 'On Linux.', 'Set-up', 'Use', 'In use.'],
    ],
  ])('a heading %s', async (_, sql, embedded) => {
    const texts = await textsById(site().db, noteId);
    await site().db.query(sql, [idOf('Set-up')]);
    await expectAllCurrent(site().db);
    expect(new Set(await embeddedSince(texts))).toEqual(new Set(embedded));
  });

  it('a heading that is inserted reaches the blocks after it', async () => {
    const texts = await textsById(site().db, noteId);
    await insertLines(site().db, noteId, [['heading', 'Windows', 2]], 45);
    await expectAllCurrent(site().db);
    expect(new Set(await embeddedSince(texts))).toEqual(new Set(['On Linux.', 'Use', 'In use.']));
  });

  it('a paragraph that moves below another heading is embedded again, and no other block', async () => {
    const texts = await textsById(site().db, noteId);
    await site().db.query('UPDATE blocks SET position = 75 WHERE id = $1', [idOf('On Linux.')]);
    await expectAllCurrent(site().db);
    expect(await embeddedSince(texts)).toEqual(['On Linux.']);
  });

  it('a heading that moves to another note reaches the blocks of both', async () => {
    const other = await insertNote(site().db, 'Manual');
    await insertLines(site().db, other, [['paragraph', 'In the manual.']], 1_000);
    await untilIdle(site().db);
    const id = idOf('Set-up');
    await site().db.query('UPDATE blocks SET note_id = $2 WHERE id = $1', [id, other]);
    await expectAllCurrent(site().db);
    await expectEmbedded(site().db, id, 'Manual > Set-up');
    expect([...(await textsById(site().db, other)).values()]).toContain('Manual > Set-up\nIn the manual.');
  });

  it('blocks that only make room for others are not embedded again', async () => {
    await site().db.query('UPDATE blocks SET position = position + 1 WHERE note_id = $1', [noteId]);
    expect(
      await site().db.query(`SELECT FROM blocks WHERE note_id = $1 AND embedding_status = 'pending'`, [noteId]),
    ).toEqual([]);
  });

  it('a title that changes reaches every block with text', async () => {
    await site().db.query(`UPDATE notes SET title = 'Handbook' WHERE id = $1`, [noteId]);
    await expectAllCurrent(site().db);
    await expectEmbedded(site().db, idOf('On Linux.'), 'Handbook > Set-up > Linux\nOn Linux.');
    const [diagram] = await site().db.query('SELECT embedding_status FROM blocks WHERE id = $1', [
      idOf('graph TD; a-->b'),
    ]);
    expect(diagram).toEqual({ embedding_status: 'skipped' });
  });

  it('a heading that is edited while a block below it is being embedded supersedes that block', async () => {
    const request = hang(site(), 'On Linux, again.');
    await site().db.query(`UPDATE blocks SET content = '"On Linux, again."' WHERE id = $1`, [idOf('On Linux.')]);
    await request.reached();
    await site().db.query(`UPDATE blocks SET content = '{"text": "Debian", "level": 2}' WHERE id = $1`, [
      idOf('Linux'),
    ]);
    request.release();
    await expectEmbedded(site().db, idOf('On Linux.'), 'Guide > Set-up > Debian\nOn Linux, again.');
    await expectAllCurrent(site().db);
  });

  it('a heading whose edit commits after a pending block below it was taken from the queue reaches that block', async () => {
    const { db } = site();
    const busy = await keepBusy(site());
    await db.query(`UPDATE blocks SET content = '"On Linux, later."' WHERE id = $1`, [idOf('On Linux.')]);
    const api = await db.connect();
    await api.query('BEGIN');
    await api.query(`UPDATE blocks SET content = '{"text": "Debian", "level": 2}' WHERE id = $1`, [idOf('Linux')]);
    busy.release();
    // The worker tries the block, finds it locked, and goes on with others.
    const next = await insertNote(db, 'Next');
    await insertLines(db, next, [['paragraph', 'Embedded meanwhile.']]);
    await untilCompleted(db, next);
    await api.query('COMMIT');
    await api.end();
    await expectEmbedded(db, idOf('On Linux.'), 'Guide > Set-up > Debian\nOn Linux, later.');
  });

  it('a block that is inserted while the heading above it is being edited gets the edited heading', async () => {
    const { db } = site();
    const editor = await db.connect();
    const writer = await db.connect('writer');
    await editor.query('BEGIN');
    await editor.query(`UPDATE blocks SET content = '{"text": "Debian", "level": 2}' WHERE id = $1`, [idOf('Linux')]);
    const inserting = writer.query(
      `INSERT INTO blocks (note_id, block_type, content, position) VALUES ($1, 'paragraph', '"New."', 45) RETURNING id::text`,
      [noteId],
    );
    await db.untilRow(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'writer' AND wait_event_type = 'Lock'`,
      [],
      () => true,
    );
    await editor.query('COMMIT');
    const { rows } = await inserting;
    await Promise.all([editor.end(), writer.end()]);
    await expectEmbedded(db, (rows[0] as { id: string }).id, 'Guide > Set-up > Debian\nNew.');
  });

  function idOf(text: string): string {
    return ids[GUIDE.findIndex((line) => line[1] === text)] ?? '';
  }

  /** The texts that have been embedded since, as they were named in the note before. */
  async function embeddedSince(before: ReadonlyMap<string, string>): Promise<string[]> {
    const sent = [...site().ollama.timesEmbedded().keys()];
    const after = await textsById(site().db, noteId);
    return [...before.keys()]
      .filter((id) => sent.includes(DEFAULT_INSTRUCTION + (after.get(id) ?? '')))
      .map((id) => GUIDE[ids.indexOf(id)]?.[1] ?? '');
  }
});

async function installTriggers(db: TestDatabase): Promise<void> {
  await db.query('ALTER TABLE blocks ADD position integer');
  await db.query(await contextTriggers('path'));
}

/** @param from the position of the first; the others follow at distances of ten */
async function insertLines(db: TestDatabase, noteId: string, lines: readonly Line[], from = 10): Promise<string[]> {
  const contents = lines.map(([, text, level]) => JSON.stringify(level === undefined ? text : { text, level }));
  const rows = await db.query<{ id: string }>(
    `INSERT INTO blocks (note_id, block_type, content, position)
     SELECT $1, type, content::jsonb, $4 + 10 * (place - 1)
       FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS line (type, content, place) ORDER BY place RETURNING id::text AS id`,
    [noteId, lines.map(([type]) => type), contents, from],
  );
  return rows.map(({ id }) => id);
}

async function untilCompleted(db: TestDatabase, noteId: string): Promise<void> {
  await db.untilRow<{ open: number }>(
    `SELECT count(*)::int AS open FROM blocks WHERE note_id = $1 AND embedding_status <> 'completed'`,
    [noteId],
    ({ open }) => open === 0,
  );
}

interface Row {
  readonly id: string;
  readonly type: string;
  readonly content: string;
  readonly noteTitle: string;
  readonly headingsAbove: string[];
  readonly status: string;
  readonly vector: string | null;
}

async function readRows(db: TestDatabase): Promise<Row[]> {
  return await db.query<Row>(
    `SELECT b.id::text, b.block_type AS type, b.content::text, n.title AS "noteTitle", b.embedding_status AS status,
            b.embedding::text AS vector,
            ARRAY(SELECT h.content::text FROM blocks h WHERE h.note_id = b.note_id AND h.block_type = 'heading'
                     AND h.position < b.position ORDER BY h.position, h.id) AS "headingsAbove"
       FROM blocks b JOIN notes n ON n.id = b.note_id WHERE b.position IS NOT NULL`,
  );
}

/** The current text of each block of a note, with its context. */
async function textsById(db: TestDatabase, noteId: string): Promise<Map<string, string>> {
  const ofNote = await db.query<{ id: string }>('SELECT id::text FROM blocks WHERE note_id = $1', [noteId]);
  const wanted = new Set(ofNote.map(({ id }) => id));
  return new Map((await readRows(db)).filter(({ id }) => wanted.has(id)).map((row) => [row.id, textOf(row) ?? '']));
}

function textOf(row: Row): string | undefined {
  const text = new BlockTexts({ context: 'path', contentFormat: 'json' }).of(row);
  return text === null ? undefined : text.context + text.text;
}

/** Waits until no work is left, and checks that every vector is that of its block's current text and context. */
async function expectAllCurrent(db: TestDatabase): Promise<void> {
  await untilIdle(db);
  for (const row of await readRows(db)) {
    const text = textOf(row);
    const isCurrent =
      text === undefined
        ? row.status === 'skipped' && row.vector === null
        : row.vector !== null && isVectorOf(JSON.parse(row.vector) as number[], DEFAULT_INSTRUCTION + text);
    expect({ text, status: row.status, isCurrent }).toMatchObject({ isCurrent: true });
  }
}
