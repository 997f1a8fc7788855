import { describeWithServer } from '../../support/describe-with-server.js';
import { StatusIndexSite, TABLES } from './site.js';

const ALL = `embedding_status IS NULL OR embedding_status IN ('pending', 'processing', 'error') OR (embedding_status = 'skipped' AND embedding IS NOT NULL)`;

describeWithServer('an index on the status that sweeps cannot use', () => {
  let site: StatusIndexSite;
  afterEach(() => site.close());

  it.each<[string, string, string, string[]]>([
    [
      'leaves out NULL',
      TABLES.text,
      `CREATE INDEX waiting ON blocks (embedding_status, id) WHERE ${ALL.replace('embedding_status IS NULL OR', '')}`,
      ['waiting does not hold all blocks that a sweep looks for: it lacks those without a status (NULL)'],
    ],
    [
      'holds only pending blocks',
      TABLES['text that is NOT NULL'],
      `CREATE INDEX "wait ing" ON blocks (id) WHERE embedding_status = 'pending'`,
      [
        '"wait ing" does not hold all blocks that a sweep looks for: it lacks those that are processing, those in error and skipped ones with a vector',
      ],
    ],
    [
      'holds all skipped blocks',
      TABLES.text,
      `CREATE INDEX waiting ON blocks (embedding_status)`,
      ['waiting does not hold only skipped blocks with a vector, but all that are skipped'],
    ],
    [
      'tests an expression',
      TABLES['an enum'],
      `CREATE FUNCTION shown(status) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';
       CREATE INDEX waiting ON blocks (embedding_status, id) WHERE ${ALL.replaceAll('embedding_status IN', 'shown(embedding_status) IN')}`,
      [
        'PostgreSQL cannot tell that waiting holds what a sweep looks for: its WHERE must compare embedding_status itself',
      ],
    ],
    [
      'is on an expression',
      TABLES['an enum'],
      `CREATE FUNCTION shown(status) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';
       CREATE INDEX waiting ON blocks (shown(embedding_status))`,
      ['waiting is on an expression, not on embedding_status itself'],
    ],
    [
      'reads another column',
      TABLES.text,
      `CREATE INDEX waiting ON blocks (embedding_status, id) WHERE (${ALL}) AND block_type <> 'mermaid'`,
      ['the WHERE of waiting reads other columns'],
    ],
    [
      'is invalid',
      TABLES.text,
      `CREATE INDEX waiting ON blocks (embedding_status, id) WHERE ${ALL};
       UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'waiting'::regclass`,
      ['waiting is invalid: its build was interrupted'],
    ],
    [
      'is missing on a table that inherits',
      TABLES['text, in tables that inherit'],
      `CREATE INDEX waiting ON blocks (embedding_status, id) WHERE ${ALL}`,
      ['waiting leaves out public.archive'],
    ],
  ])('because it %s is named with that reason, and creating the status index helps', async (_, sql, index, reasons) => {
    site = await StatusIndexSite.open(sql);
    await site.fill();
    await site.db.query(index);
    const before = await site.diagnose();
    expect({ isUsable: before.isUsable, reasons: before.reasons }).toEqual({ isUsable: false, reasons });
    if (index.includes('indisvalid')) await site.db.query('REINDEX INDEX waiting');
    else await site.create();
    await site.db.query('ANALYZE blocks');
    expect(await site.diagnose()).toMatchObject({ isUsable: true, isUsed: true, reasons: [] });
  });

  it('because the table is small counts as usable', async () => {
    site = await StatusIndexSite.open(TABLES.text);
    await site.fill(10);
    await site.create();
    expect(await site.diagnose()).toMatchObject({ isUsable: true, isUsed: false });
  });

  it('is not one that merely ends with the status', async () => {
    site = await StatusIndexSite.open(TABLES.text);
    await site.db.query('CREATE INDEX other ON blocks (note_id, embedding_status)');
    expect(await site.diagnose()).toMatchObject({ isUsable: false, complete: [], reasons: [] });
  });
});
