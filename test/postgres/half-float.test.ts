import { writeHalfFloats } from '../../src/postgres/half-float.js';

/** The 16 bits of a value, as hex. */
function half(value: number): string {
  const buffer = Buffer.alloc(4, 0xee);
  writeHalfFloats(Float32Array.of(value), buffer, 1);
  expect([buffer[0], buffer[3]]).toEqual([0xee, 0xee]);
  return buffer.toString('hex', 1, 3);
}

describe('a half-precision float', () => {
  it.each([
    [0, '0000'],
    [-0, '8000'],
    [1, '3c00'],
    [-2, 'c000'],
    [1 / 3, '3555'],
    [65_504, '7bff'],
    [2 ** -14, '0400'],
    [Infinity, '7c00'],
    [-Infinity, 'fc00'],
    [NaN, '7e00'],
  ])('%d is %s', (value, bits) => {
    expect(half(value)).toBe(bits);
  });

  it.each([
    ['a tie to the even neighbour below', 1 + 2 ** -11, '3c00'],
    ['a tie to the even neighbour above', 1 + 3 * 2 ** -11, '3c02'],
    ['just above a tie up', 1 + 2 ** -11 + 2 ** -23, '3c01'],
    ['just below a tie down', 1 + 3 * 2 ** -11 - 2 ** -23, '3c01'],
    ['up into the next power of two', 2 - 2 ** -12, '4000'],
    ['a subnormal tie to zero', 2 ** -25, '0000'],
    ['just above it to the least subnormal', 2 ** -25 + 2 ** -48, '0001'],
    ['a subnormal tie to the even neighbour', 3 * 2 ** -25, '0002'],
    ['the largest subnormal up to the least normal number', 2 ** -14 - 2 ** -26, '0400'],
    ['the least float32 to zero', 2 ** -149, '0000'],
    ['just below 65,520 to the largest number', 65_520 - 2 ** -8, '7bff'],
    ['65,520 to infinity', 65_520, '7c00'],
    ['the largest float32 to infinity', -3.4028234663852886e38, 'fc00'],
  ])('rounds %s', (_, value, bits) => {
    expect(half(value)).toBe(bits);
  });

  it('of every bit pattern is itself', () => {
    const value = (bits: number) => {
      const exponent = (bits >>> 10) & 0x1f;
      const fraction = (bits & 0x3ff) / 1024;
      const magnitude = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
      return bits & 0x8000 ? -magnitude : magnitude;
    };
    const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    const buffer = Buffer.alloc(2 * finite.length);
    writeHalfFloats(Float32Array.from(finite, value), buffer, 0);
    expect(finite.filter((bits, i) => buffer.readUInt16BE(2 * i) !== bits)).toEqual([]);
  });
});
