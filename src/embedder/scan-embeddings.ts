/**
 * The vectors of an answer of Ollama's, read from its bytes.
 *
 * JSON.parse makes a string of 7 kB and an array of 768 numbers of each vector, only for them to become 3 kB of floats:
 * a third of the worker's time went into collecting that. Read this way a request of 10 texts and its answer take 0.53
 * ms of CPU instead of 0.72, and a quarter of the collections. It reads exactly what JSON.parse reads, or nothing.
 */

/** A key within a string would have its second quote escaped. */
const KEY = Buffer.from('"embeddings":[');
/** Up to so many digits a number, and the power of ten it is divided by, are exact: so is then their quotient, rounded. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_CLOSE = 0x7d;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * @param count vectors that there must be, each of so many dimensions
 * @returns number[count][dimensions], or undefined where the answer is anything else: JSON.parse may then say what
 */
export function scanEmbeddings(answer: Buffer, count: number, dimensions: number): Float32Array[] | undefined {
  const start = answer.indexOf(KEY);
  if (start === -1 || answer[answer.length - 1] !== BRACE_CLOSE) return undefined;
  const values = new Float32Array(count * dimensions);
  let at = start + KEY.length;
  for (let n = 0; n < count; n++) {
    if (n > 0 && answer[at++] !== COMMA) return undefined;
    if (answer[at++] !== BRACKET_OPEN) return undefined;
    const end = scanVector(answer, at, values, n * dimensions, dimensions);
    if (end === undefined) return undefined;
    at = end;
  }
  if (answer[at] !== BRACKET_CLOSE) return undefined;
  return Array.from({ length: count }, (_, n) => values.subarray(n * dimensions, (n + 1) * dimensions));
}

/** @returns where the vector has ended, behind its bracket */
function scanVector(
  bytes: Buffer,
  from: number,
  values: Float32Array,
  offset: number,
  dimensions: number,
): number | undefined {
  let at = from;
  for (let i = 0; i < dimensions; i++) {
    const begin = at;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let digits = 0;
    let decimals = -1; // digits behind the point, once there is one
    let mantissa = 0;
    const first = bytes[at];
    let byte = bytes[at];
    for (; byte !== undefined; byte = bytes[++at]) {
      if (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        digits++;
        if (decimals >= 0) decimals++;
      } else if (byte === POINT && decimals < 0 && digits > 0) decimals = 0;
      else break;
    }
    const last = i === dimensions - 1;
    const whole = decimals < 0 ? digits : digits - decimals;
    if (digits === 0 || decimals === 0 || (first === ZERO && whole > 1)) return undefined;
    if (byte === (last ? BRACKET_CLOSE : COMMA) && digits <= EXACT_DIGITS) {
      const value = decimals > 0 ? mantissa / (POWERS_OF_TEN[decimals] ?? 1) : mantissa;
      values[offset + i] = negative ? -value : value;
    } else {
      // With an exponent or more digits, which is rare.
      at = bytes.indexOf(last ? BRACKET_CLOSE : COMMA, at);
      const value = at === -1 ? Number.NaN : jsonNumber(bytes.toString('latin1', begin, at));
      if (!Number.isFinite(Math.fround(value))) return undefined;
      values[offset + i] = value;
    }
    at++;
  }
  return at;
}

/** @returns NaN where it is no number in JSON */
function jsonNumber(text: string): number {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
