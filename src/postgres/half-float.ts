/**
 * IEEE 754 half precision (binary16): a sign, 5 bits of exponent, 10 of fraction. Node has Float16Array only since version 24.
 * The method is Fabian Giesen's `float_to_half_fast3_rtne` (public domain), which works on the bits of a float32.
 */
const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** float32 65536, the first power of two beyond half precision. 65520 and above become infinity by rounding. */
const TOO_LARGE = 0x47800000;
/** float32 2^-14, the least normal number of half precision. */
const LEAST_NORMAL = 0x38800000;
/** float32 0.5: adding it moves a fraction of at most 2^-14 to the last bits, rounded to nearest, ties to even. */
const HALF = 0x3f000000;
/** Moves the exponent from float32's bias of 127 to 15, and adds just under half of the last bit that is kept. */
const REBIAS_AND_ROUND = ((15 - 127) << 23) + 0xfff;

/**
 * Writes values as half-precision floats in big-endian order, rounded to nearest, ties to even. Values beyond 65,504 become
 * infinity, those below 2^-14 subnormal.
 */
export function writeHalfFloats(values: Float32Array, buffer: Buffer, offset: number): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let at = offset;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] ?? 0;
    const half = ((word >>> 16) & 0x8000) | magnitude(word & 0x7fffffff);
    buffer[at] = half >>> 8;
    buffer[at + 1] = half; // the low byte: an element of a Buffer takes a number modulo 256
    at += 2;
  }
}

/** @param bits of a float32 without its sign. @returns 15 bits */
function magnitude(bits: number): number {
  if (bits >= TOO_LARGE) return bits > 0x7f800000 ? 0x7e00 : 0x7c00; // NaN, or infinity
  if (bits < LEAST_NORMAL) {
    scratchBits[0] = bits;
    scratch[0] = (scratch[0] ?? 0) + 0.5;
    return (scratchBits[0] ?? 0) - HALF;
  }
  return (bits + REBIAS_AND_ROUND + ((bits >>> 13) & 1)) >>> 13;
}
