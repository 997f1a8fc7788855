import { readNotification } from '../../src/queue/notification.js';

const UUID = '7f8d2c1e-0000-4000-8000-00000000abcd';
const block = (...ids: string[]) => ({ kind: 'block', ids });
const SWEEP = { kind: 'sweep' };
const UNKNOWN = { kind: 'unknown' };

describe('a notification', () => {
  it.each([
    ['', 'bigint', SWEEP],
    ['  \n', 'text', SWEEP],
    ['7', 'bigint', block('7')],
    [' 7 ', 'bigint', block('7')],
    ['"7"', 'bigint', block('7')],
    ['{"id": 7}', 'bigint', block('7')],
    ['{"id": "7"}', 'bigint', block('7')],
    ['{"block_id": 7}', 'bigint', block('7')],
    ['{"block_id": 7, "id": 8}', 'bigint', block('7')],
    ['{"id": 8, "block_id": 7}', 'bigint', block('7')],
    ['{"id": 9007199254740993}', 'bigint', block('9007199254740993')],
    ['{"note": 1, "id" : 9223372036854775807}', 'bigint', block('9223372036854775807')],
    ['{"id": 1, "block_id": 9007199254740997}', 'bigint', block('9007199254740997')],
    ['9223372036854775807', 'bigint', block('9223372036854775807')],
    ['9223372036854775808', 'bigint', UNKNOWN],
    ['2147483648', 'integer', UNKNOWN],
    ['2147483647', 'integer', block('2147483647')],
    ['7.5', 'bigint', UNKNOWN],
    ['{"id": 7.5}', 'bigint', UNKNOWN],
    ['{"id": null}', 'bigint', UNKNOWN],
    ['{"id": true}', 'text', block('{"id": true}')],
    ['{"id": true}', 'bigint', UNKNOWN],
    ['{"id": [7]}', 'bigint', UNKNOWN],
    ['{"note": 7}', 'bigint', UNKNOWN],
    ['{}', 'text', block('{}')],
    ['{}', 'bigint', UNKNOWN],
    ['[7]', 'bigint', UNKNOWN],
    ['null', 'bigint', UNKNOWN],
    ["1'); DROP TABLE blocks; --", 'bigint', UNKNOWN],
    ["1'); DROP TABLE blocks; --", 'text', block("1'); DROP TABLE blocks; --")],
    [UUID, 'uuid', block(UUID)],
    [`{${UUID}}`, 'uuid', block(`{${UUID}}`)],
    [`{"id": "${UUID}"}`, 'uuid', block(UUID)],
    [`"${UUID}"`, 'uuid', block(UUID)],
    ['7', 'uuid', UNKNOWN],
    [UUID, 'bigint', UNKNOWN],
    ['blocks:7', 'text', block('blocks:7')],
    ['{"id": "blocks:7"}', 'text', block('{"id": "blocks:7"}', 'blocks:7')],
    ['"quoted"', 'text', block('"quoted"', 'quoted')],
    [' spaced ', 'text', block(' spaced ', 'spaced')],
    ['[7]', 'text', block('[7]')],
    ['null', 'text', block('null')],
    ['{"id": 7}', 'text', block('{"id": 7}', '7')],
    ['{not json', 'text', block('{not json')],
    ['"half', 'text', block('"half')],
    ['日本語🐳', 'text', block('日本語🐳')],
    ['x'.repeat(2_600), 'text', block('x'.repeat(2_600))],
    ['x'.repeat(2_601), 'text', UNKNOWN],
    ['{"id": ""}', 'text', block('{"id": ""}')],
    ['{"id": "a\\u0000b"}', 'text', block('{"id": "a\\u0000b"}')],
    ['{"__proto__": {"id": 7}}', 'bigint', UNKNOWN],
    ['['.repeat(7_900), 'bigint', UNKNOWN],
    ['9'.repeat(7_900), 'bigint', UNKNOWN],
  ])('%j with ids of type %s', (payload, idType, request) => {
    expect(readNotification(payload, idType)).toEqual(request);
  });
});
