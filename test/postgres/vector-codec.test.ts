import pg from 'pg';
import { encodeVectorArray, type VectorKind } from '../../src/postgres/vector-codec.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithServer } from '../support/describe-with-server.js';

const VECTOR = { kind: 'vector', oid: 1 } as const;

describe('the binary form of vectors', () => {
  it('is an array of vectors in big-endian order', () => {
    const type = { kind: 'vector', oid: 0x01020304 } as const;
    const bytes = encodeVectorArray([Float32Array.of(1, -2), Float32Array.of(0.5, 0)], type);
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

  it('of half precision has two bytes a value', () => {
    const type = { kind: 'halfvec', oid: 0x01020304 } as const;
    const bytes = encodeVectorArray([Float32Array.of(1, -2, 0.5), Float32Array.of(0, 0, 0)], type);
    expect(bytes.toString('hex').match(/.{4}/g)).toEqual(
      '0000 0001 0000 0000 0102 0304 0000 0002 0000 0001 0000 000a 0003 0000 3c00 c000 3800 0000 000a 0003 0000 0000 0000 0000'.split(
        ' ',
      ),
    );
  });

  it.each(['vector', 'halfvec'] as const)('requires vectors of the same length: %s', (kind) => {
    expect(() => encodeVectorArray([Float32Array.of(1), Float32Array.of(1, 2)], { kind, oid: 1 })).toThrow(RangeError);
  });

  it.each(['vector', 'halfvec'] as const)('can be made from a view of a larger buffer: %s', (kind) => {
    const larger = Float32Array.of(9, 1, -2, 9);
    expect(encodeVectorArray([larger.subarray(1, 3)], { kind, oid: 1 })).toEqual(
      encodeVectorArray([Float32Array.of(1, -2)], { kind, oid: 1 }),
    );
  });

  it('leaves the vectors unchanged', () => {
    const vector = Float32Array.of(1, 2, 3);
    encodeVectorArray([vector], VECTOR);
    expect(vector).toEqual(Float32Array.of(1, 2, 3));
  });
});

describeWithServer('the binary form of vectors', () => {
  let client: pg.Client;
  const oids = new Map<VectorKind, number>();
  beforeAll(async () => {
    const db = await createDatabase();
    client = await db.connect();
    for (const kind of ['vector', 'halfvec'] as const) {
      const { rows } = await client.query<{ oid: number }>(`SELECT '${kind}'::regtype::oid::int AS oid`);
      oids.set(kind, rows[0]?.oid ?? 0);
    }
  });
  afterAll(() => client.end());

  async function roundTrip(kind: VectorKind, vectors: readonly Float32Array[]): Promise<Float32Array[]> {
    const { rows } = await client.query<{ vector: string }>(
      `SELECT v::vector::text AS vector FROM unnest($1::${kind}[]) WITH ORDINALITY AS u(v, place) ORDER BY place`,
      [encodeVectorArray(vectors, { kind, oid: oids.get(kind) ?? 0 })],
    );
    return rows.map(({ vector }) => Float32Array.from(JSON.parse(vector) as number[]));
  }

  /** Rounded by pgvector. */
  async function rounded(vectors: readonly Float32Array[]): Promise<Float32Array[]> {
    const { rows } = await client.query<{ vector: string }>(
      `SELECT v::vector::halfvec::vector::text AS vector FROM unnest($1::text[]) WITH ORDINALITY AS u(v, place) ORDER BY place`,
      [vectors.map((vector) => `[${vector.join(',')}]`)],
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
    expect(await roundTrip('vector', vectors)).toEqual(vectors);
  });

  it.each([
    ['of one value', [Float32Array.of(0.25)]],
    ['of 768, several', ['a', 'b', 'c'].map((text) => deterministicVector(text, 768))],
    ['of the most that pgvector takes', [deterministicVector('long', 16_000)]],
    ['of extremes', [Float32Array.of(65_519, -65_504, 6e-5, 3e-8, -3e-8, -2.98e-8, 1e-10, 1e-45, 1 / 3)]],
    ['of random numbers', [Float32Array.from({ length: 5_000 }, (_, i) => Math.sin(i * i) * 2 ** ((i % 40) - 26))]],
    ['none', []],
  ] as [string, Float32Array[]][])('of half precision is rounded as pgvector does it: %s', async (_, vectors) => {
    expect(await roundTrip('halfvec', vectors)).toEqual(await rounded(vectors));
  });

  it('of half precision with a value out of range is rejected by the server', async () => {
    await expect(roundTrip('halfvec', [Float32Array.of(65_520)])).rejects.toThrow(/infinite value/);
  });
});
