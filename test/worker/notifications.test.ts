import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote, notify, withoutTriggers } from '../support/fixtures.js';
import { PRIORITY } from '../../src/queue/job.js';
import { expectEmbedded, jobsOf, untilStatus } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

/** PostgreSQL accepts payloads of less than 8000 bytes. */
const MAX_BYTES = 7_999;

const PAYLOADS: [string, string][] = [
  ['the longest text', 'x'.repeat(MAX_BYTES)],
  ['the longest number', '9'.repeat(MAX_BYTES)],
  ['SQL', `1'); DROP TABLE blocks; --`],
  ['emoji', '🐳🧨👩‍👩‍👧'],
  ['a number too large for any id', '99999999999999999999'],
  ['a negative number', '-1'],
  ['a fraction', '1.5'],
  ['white space', ' \t\n '],
  ['broken JSON', '{"id": '],
  ['deep JSON', '['.repeat(7_000)],
  ['JSON without an id', '{"note": 7}'],
  ['JSON with an id of another type', '{"id": {"id": [null]}}'],
  ['JSON that is no object', '[1, 2, 3]'],
  ['a prototype', '{"__proto__": {"id": 1}}'],
  ['null', 'null'],
  ['a control character', '\u0001\u001b[31m'],
  ['a format string', '%s%n$1 ${7*7}'],
  ['the id of no block', '2147483600'],
  ['a uuid', '7f8d2c1e-0000-4000-8000-000000000000'],
  ['the beginning of an id in JSON', '{"block_id": "'],
];

/** Payloads that identify no block of the table. */
const WITHOUT_BLOCK: [string, string][] = [
  ['empty', ''],
  ['white space', ' '],
  ['a word', 'wake'],
  ['an id with a prefix', 'blocks:999999'],
  ['a list of ids', '42,43'],
  ['the id of no block', '2147483600'],
  ['the id of another table', 'b1f4f6b0-5c1e-4d6f-8a52-0a8f6d0d1c11'],
  ['a row without its id', '{"note_id": 7, "content": "some text"}'],
  ['a row whose id is null', '{"id": null, "content": "some text"}'],
  ['the longest text', 'x'.repeat(MAX_BYTES)],
];

describe.each(['bigint', 'text', 'uuid'] as const)('with ids of type %s', (idType) => {
  describeWithServer('a notification', () => {
    const site = useSite({ variant: { idType } });

    it.each(PAYLOADS)('that holds %s does no harm', async (name, payload) => {
      const { db, worker } = site();
      await notify(db, payload);
      const id = await insertBlock(db, { content: name });
      await expectEmbedded(db, id, name);
      expect(worker.log.format('error')).toEqual([]);
      expect(worker.events.seen.listening).toEqual([]);
    });

    it.each([
      ['its id', (id: string) => id],
      ['its id, quoted', (id: string) => JSON.stringify(id)],
      ['JSON with an id', (id: string) => JSON.stringify({ id })],
      [
        'JSON with a block_id among other things',
        (id: string) => JSON.stringify({ op: 'UPDATE', block_id: id, id: 0 }),
      ],
    ])('that identifies a block by %s gets it embedded', async (name, payload) => {
      const { db, worker } = site();
      const id = await withoutTriggers(db, () => insertBlock(db, { content: name }));
      await notify(db, payload(id));
      await expectEmbedded(db, id, name);
      expect(worker.events.seen.swept).toEqual([]);
    });

    it.each(WITHOUT_BLOCK)(
      'that is %s gets pending blocks embedded as edits, without a sweep',
      async (kind, payload) => {
        const { db, worker } = site();
        const id = await withoutTriggers(db, () => insertBlock(db, { content: kind }));
        await notify(db, payload);
        await expectEmbedded(db, id, kind);
        expect(worker.events.seen.swept).toEqual([]);
        expect((await jobsOf(db, id)).map(({ data }) => data['priority'])).toEqual([PRIORITY.live]);
      },
    );

    it('of a completed block has no effect', async () => {
      const { db, ollama, worker } = site();
      const id = await insertBlock(db, { content: 'already completed' });
      await expectEmbedded(db, id, 'already completed');
      await worker.events.until((events) => events.settled('completed') === 1);
      ollama.forgetRequests();
      await notify(db, id);
      const next = await insertBlock(db, { content: 'the next' });
      await expectEmbedded(db, next, 'the next');
      expect(ollama.timesEmbedded().size).toBe(1);
    });
  });
});

describeWithServer('a notification of a text id', () => {
  const site = useSite({ variant: { idType: 'text' } });

  const ids = [
    '{"id": "x"}',
    '{"block_id": 7}',
    '"quoted"',
    ' with spaces ',
    '\ttab\n',
    'null',
    '[1]',
    '{',
    "'; DROP TABLE blocks; --",
    '\\x00 \\u0000 %s $1 ${id}',
    '\u001b[31mred\u2028line\r\n{"level":"error"}',
    '<img src=x onerror=alert(1)>',
    '../../etc/passwd',
    'x'.repeat(2_600),
  ];
  it.each(ids.map((id) => [JSON.stringify(id).slice(0, 40), id] as const))(
    '%s gets that block embedded without a sweep',
    async (_, id) => {
      const { db, worker } = site();
      const noteId = await insertNote(db);
      await db.query(`INSERT INTO blocks (id, note_id, block_type, content) VALUES ($1, $2, 'paragraph', $3)`, [
        id,
        noteId,
        JSON.stringify(`text of ${id}`),
      ]);
      await untilStatus(db, id, 'completed');
      expect(worker.events.seen.swept).toEqual([]);
    },
  );
});

describeWithServer('a notification of a bigint beyond JavaScript’s safe integers', () => {
  const site = useSite();

  it.each([
    ['alone', '9007199254740993', '9007199254740993'],
    ['in JSON', '9007199254740995', '{"id": 9007199254740995}'],
    ['in JSON with another id', '9007199254740997', '{"id": 1, "block_id": 9007199254740997}'],
  ])('%s gets exactly that block embedded', async (name, id, payload) => {
    const { db, worker } = site();
    await db.query(`INSERT INTO notes (id, title) VALUES (1, 'A') ON CONFLICT DO NOTHING`);
    await withoutTriggers(db, () =>
      db.query(`INSERT INTO blocks (id, note_id, block_type, content) VALUES ($1, 1, 'paragraph', $2)`, [
        id,
        JSON.stringify(name),
      ]),
    );
    await notify(db, payload);
    await expectEmbedded(db, id, name);
    expect(worker.events.seen.swept).toEqual([]);
  });
});
