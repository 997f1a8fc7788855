import { fingerprintSql } from '../../src/blocks/fingerprint.js';
import { inspectBlocks } from '../../src/blocks/inspect.js';
import type { BlocksTable } from '../../src/blocks/table.js';
import { loadConfig } from '../../src/config/config.js';
import { Postgres } from '../../src/postgres/postgres.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock, insertNote } from '../support/fixtures.js';
import type { TestDatabase } from '../support/test-database.js';

describe.each(['text', 'json', 'jsonb'] as const)('with content of type %s', (contentType) => {
  describeWithServer('a fingerprint', () => {
    let db: TestDatabase;
    let table: BlocksTable;
    beforeAll(async () => {
      db = await createDatabase({ contentType });
      const postgres = new Postgres({ url: db.url, sessionUrl: db.url, applicationName: 'inspect', poolSize: 1 });
      table = await inspectBlocks(postgres, loadConfig({ PALDOCS_DATABASE_URL: db.url }).tables);
      await postgres.close();
    });

    async function fingerprint(type: string, content: unknown, title = 'Title'): Promise<string | undefined> {
      const id = await insertBlock(db, { noteId: await insertNote(db, title), type, content });
      const [row] = await db.query<{ print: string }>(
        `SELECT ${fingerprintSql(table)} AS print FROM ${table.blocks} b WHERE b.id = $1`,
        [id],
      );
      return row?.print;
    }

    it('is the same for the same block', async () => {
      expect(await fingerprint('paragraph', 'x')).toBe(await fingerprint('paragraph', 'x'));
    });

    it('differs with the type and with the content', async () => {
      const prints = await Promise.all([
        fingerprint('paragraph', 'x'),
        fingerprint('code', 'x'),
        fingerprint('paragraph', 'y'),
        fingerprint('paragraph', 'x '),
        fingerprint('paragraph', ''),
        fingerprint('heading', 'x'),
      ]);
      expect(new Set(prints).size).toBe(prints.length);
    });

    it('differs with the title for headings only', async () => {
      expect(await fingerprint('heading', 'x', 'A')).not.toBe(await fingerprint('heading', 'x', 'B'));
      expect(await fingerprint('paragraph', 'x', 'A')).toBe(await fingerprint('paragraph', 'x', 'B'));
    });

    it('differs for every pair of title and content', async () => {
      const pairs = [
        ['ab', 'c'],
        ['a', 'bc'],
        ['', 'abc'],
        ['1:a', 'c'],
        ['-', 'c'],
      ] as const;
      const prints = await Promise.all(pairs.map(([title, content]) => fingerprint('heading', content, title)));
      expect(new Set(prints).size).toBe(pairs.length);
    });

    it('can be computed for any text', async () => {
      const texts = ['🐳', '\u200b', '\\', '\\x41', "'", '\u00e9', 'e\u0301', 'x'.repeat(1_000_000)];
      const prints = await Promise.all(texts.map((text) => fingerprint('paragraph', text)));
      expect(new Set(prints).size).toBe(texts.length);
    });
  });
});
