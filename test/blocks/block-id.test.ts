import { isBlockId } from '../../src/blocks/block-id.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

const TEXTS = [
  '0',
  '7',
  '-7',
  '+7',
  '007',
  ' 7',
  '7 ',
  '7.0',
  '7e2',
  '0x7',
  '1_000',
  '',
  '-',
  '+-7',
  '32767',
  '32768',
  '-32769',
  '2147483647',
  '2147483648',
  '-2147483648',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '99999999999999999999999',
  '٧',
  '7f8d2c1e-0000-4000-8000-00000000abcd',
  '7F8D2C1E-0000-4000-8000-00000000ABCD',
  '7f8d2c1e0000400080000000 0000abcd',
  '7f8d2c1e00004000800000000000abcd',
  '{7f8d2c1e-0000-4000-8000-00000000abcd}',
  '7f8d2c1e-0000-4000-8000-00000000abc',
  '7f8d2c1e-0000-4000-8000-00000000abcg',
  'id',
  'x'.repeat(3_000),
];

describeWithServer('a text that is accepted as a block id', () => {
  it.each(['smallint', 'integer', 'bigint', 'uuid', 'text'])('can be cast to %s', async (type) => {
    const db = await createDatabase();
    for (const text of TEXTS.filter((candidate) => isBlockId(candidate, type))) {
      expect(await db.query(`SELECT $1::text::${type} IS NOT NULL AS cast`, [text])).toEqual([{ cast: true }]);
    }
  });
});

describe('a block id', () => {
  it.each([
    ['7', 'integer', true],
    ['-7', 'bigint', true],
    ['9223372036854775807', 'bigint', true],
    ['9223372036854775808', 'bigint', false],
    ['32768', 'smallint', false],
    ['', 'bigint', false],
    ['7.0', 'bigint', false],
    ['7f8d2c1e-0000-4000-8000-00000000abcd', 'uuid', true],
    ['7f8d2c1e00004000800000000000abcd', 'uuid', true],
    ['7f8d2c1e', 'uuid', false],
    ['anything', 'text', true],
    ['', 'text', false],
    ['a\0b', 'text', false],
    ['ü'.repeat(1_300), 'text', true],
    ['ü'.repeat(1_301), 'text', false],
  ])('%j of type %s: %s', (text, type, expected) => {
    expect(isBlockId(text, type)).toBe(expected);
  });
});
