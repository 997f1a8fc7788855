/**
 * vector[] in Postgres's binary form. Storing 5,000 vectors of 768 dimensions at 64 a statement took 0.36 s this way
 * and 2.6 s as text, and encoding costs 3 µs a vector instead of 170-240.
 *
 * An array is: int32 dimensions (1), int32 has-nulls (0), oid of the element, int32 length, int32 lower bound (1), then
 * for each element its int32 size in bytes and the element. A pgvector element is: int16 dimensions, int16 unused (0), float4 each.
 * All big-endian (array_send in PostgreSQL, vector_send in pgvector).
 */
const ARRAY_HEADER_BYTES = 20;
const ELEMENT_HEADER_BYTES = 8;

/**
 * @param vectors number[dimensions] each, all of the same length
 * @param elementOid the oid of the type vector in this database
 */
export function encodeVectorArray(vectors: readonly Float32Array[], elementOid: number): Buffer<ArrayBuffer> {
  const dimensions = vectors[0]?.length ?? 0;
  const elementBytes = ELEMENT_HEADER_BYTES + 4 * dimensions;
  const buffer = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + vectors.length * elementBytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeUInt32BE(elementOid, 8);
  buffer.writeInt32BE(vectors.length, 12);
  buffer.writeInt32BE(1, 16);
  let offset = ARRAY_HEADER_BYTES;
  for (const vector of vectors) {
    if (vector.length !== dimensions)
      throw new RangeError(`vectors of ${dimensions} and ${vector.length} dimensions in one array`);
    buffer.writeInt32BE(elementBytes - 4, offset);
    buffer.writeInt16BE(dimensions, offset + 4);
    buffer.writeInt16BE(0, offset + 6);
    offset += ELEMENT_HEADER_BYTES;
    const floats = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
    floats.copy(buffer, offset);
    if (LITTLE_ENDIAN) buffer.subarray(offset, offset + floats.length).swap32();
    offset += floats.length;
  }
  return buffer;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
