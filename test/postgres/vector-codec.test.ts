import pg from 'pg';
import { encodeVectorArray } from '../../src/postgres/vector-codec.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

describe('the binary form of vectors', () => {
  it('is an array of vectors in big-endian order', () => {
    const bytes = encodeVectorArray([Float32Array.of(1, -2), Float32Array.of(0.5, 0)], 0x01020304);
    expect(bytes.toString('hex').match(/.{8}/g)).toEqual([
      '00000001', // one dimension
      '00000000', // no nulls
      '01020304', // the type's oid
      '00000002', // elements
      '00000001', // counted from 1
      '0000000c', // bytes of the first
      '00020000', // its dimensions, and two bytes unused
      '3f800000',
      'c0000000',
      '0000000c',
      '00020000',
      '3f000000',
      '00000000',
    ]);
  });

  it('requires vectors of the same length', () => {
    expect(() => encodeVectorArray([Float32Array.of(1), Float32Array.of(1, 2)], 1)).toThrow(RangeError);
  });

  it('can be made from a view of a larger buffer', () => {
    const larger = Float32Array.of(9, 1, -2, 9);
    expect(encodeVectorArray([larger.subarray(1, 3)], 1)).toEqual(encodeVectorArray([Float32Array.of(1, -2)], 1));
  });

  it('leaves the vectors unchanged', () => {
    const vector = Float32Array.of(1, 2, 3);
    encodeVectorArray([vector], 1);
    expect(vector).toEqual(Float32Array.of(1, 2, 3));
  });
});

describeWithServer('the binary form of vectors', () => {
  let client: pg.Client;
  let oid: number;
  beforeAll(async () => {
    const db = await createDatabase();
    client = await db.connect();
    const { rows } = await client.query<{ oid: number }>(`SELECT 'vector'::regtype::oid::int AS oid`);
    oid = rows[0]?.oid ?? 0;
  });
  afterAll(() => client.end());

  async function roundTrip(vectors: readonly Float32Array[]): Promise<Float32Array[]> {
    const { rows } = await client.query<{ vector: string }>(
      'SELECT v::text AS vector FROM unnest($1::vector[]) WITH ORDINALITY AS u(v, place) ORDER BY place',
      [encodeVectorArray(vectors, oid)],
    );
    return rows.map(({ vector }) => Float32Array.from(JSON.parse(vector) as number[]));
  }

  it.each([
    ['of one value', [Float32Array.of(0.25)]],
    ['of 768, several', ['a', 'b', 'c'].map((text) => deterministicVector(text, 768))],
    ['of the most that pgvector takes', [deterministicVector('long', 16_000)]],
    ['of extremes', [Float32Array.of(3.4028234663852886e38, -1.1754943508222875e-38, 1e-45, -0, 1 / 3)]],
    ['none', []],
  ] as [string, Float32Array[]][])('arrives in the database bit for bit: %s', async (_, vectors) => {
    expect(await roundTrip(vectors)).toEqual(vectors);
  });
});
