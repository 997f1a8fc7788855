import { isVectorOf } from '../../tools/stand-in/deterministic-brain.js';
import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlock } from '../support/fixtures.js';
import { editBlock, readBlock, untilStatus } from '../support/worker-blocks.js';
import { useSite } from '../support/worker-site.js';

/** The type as the catalogue prints it, and what it says about its values. */
const TYPE = `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'blocks'::regclass AND attname = 'embedding'`;

describeWithServer('with a column of half-precision vectors, a worker', () => {
  const site = useSite({ variant: { vectorKind: 'halfvec' } });

  const expectVectorOf = async (id: string, text: string, dimensions = 768) => {
    await untilStatus(site().db, id, 'completed');
    const { vector } = await readBlock(site().db, id);
    expect(vector).toHaveLength(dimensions);
    expect(isVectorOf(DEFAULT_INSTRUCTION + text, vector ?? [])).toBe(true);
  };

  it('embeds new and edited blocks', async () => {
    const { db } = site();
    const id = await insertBlock(db, { content: 'half' });
    await expectVectorOf(id, 'half');
    await editBlock(db, id, { content: 'precision' });
    await expectVectorOf(id, 'precision');
  });

  it.each([
    ['vector(768)', 768],
    ['halfvec(768)', 768],
    ['vector(256)', 256],
    ['halfvec(1024)', 1024],
    ['halfvec(768)', 768],
  ])('goes on when the column becomes %s', async (type, dimensions) => {
    const { db } = site();
    const id = await insertBlock(db, { content: `before ${type}` });
    await untilStatus(db, id, 'completed');
    await db.query(`ALTER TABLE blocks ALTER embedding TYPE ${type} USING NULL`);
    expect(await db.query(TYPE)).toEqual([{ type }]);
    await editBlock(db, id, { content: `after ${type}` });
    await expectVectorOf(id, `after ${type}`, dimensions);
    expect(site().worker.events.seen.failed).toEqual([]);
  });
});
