import { idFromTextSql } from '../../src/blocks/id-from-text.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';
import type { TestDatabase } from '../support/test-database.js';

const UUID = '7f8d2c1e-0000-4000-8000-00000000abcd';
/** Job keys, including ones that we would not write. */
const KEYS = [
  ...['abc', '', ' ', '7', '0', '-7', '-0', '+7', '007', ' 7', '7 ', '7.0', '1e3', '0x7', '１２', '٧', "7'; --", '7\n'],
  ...['32767', '32768', '-32768', '-32769', '2147483647', '2147483648', '9223372036854775807', '9223372036854775808'],
  ...['-9223372036854775808', '-9223372036854775809', '99999999999999999999', '9'.repeat(2_000)],
  ...[UUID, UUID.toUpperCase(), `{${UUID}}`, UUID.replaceAll('-', ''), `${UUID}0`, 'null'],
];

describeWithServer('a text read as an id', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
  });

  const read = async (idType: string) => {
    const rows = await db.query<{ key: string | null; id: string | null }>(
      `SELECT key, (${idFromTextSql('key', idType)})::text AS id FROM unnest($1::text[]) AS keys (key)`,
      [[...KEYS, null]],
    );
    return rows.filter(({ id }) => id !== null);
  };

  it.each([
    ['smallint', ['7', '0', '-7', '32767', '-32768']],
    ['integer', ['7', '0', '-7', '32767', '32768', '-32768', '-32769', '2147483647']],
    [
      'bigint',
      [
        ...['7', '0', '-7', '32767', '32768', '-32768', '-32769', '2147483647', '2147483648'],
        ...['9223372036854775807', '-9223372036854775808'],
      ],
    ],
    ['uuid', [UUID]],
    ['text', KEYS],
  ])('of type %s is that id if Postgres prints it in this form, and NULL otherwise', async (idType, ids) => {
    expect((await read(idType)).map(({ id }) => id)).toEqual(ids);
  });
});
