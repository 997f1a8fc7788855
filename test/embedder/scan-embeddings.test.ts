import { scanEmbeddings } from '../../src/embedder/scan-embeddings.js';
import { deterministicVector } from '../../tools/stand-in/deterministic-brain.js';
import { randomWords } from '../../tools/stand-in/random.js';

const answer = (embeddings: string) =>
  Buffer.from(`{"model":"qwen3-embedding:4b","embeddings":${embeddings},"total_duration":14143917}`);
const scan = (embeddings: string, count: number, dimensions: number) =>
  scanEmbeddings(answer(embeddings), count, dimensions)?.map((vector) => [...vector]);
const embeddingsOf = (bytes: Buffer) => /\[\[.*\]\]/.exec(bytes.toString('latin1'))?.[0] ?? '';
const asFloats = (json: string) => (JSON.parse(json) as number[][]).map((vector) => [...Float32Array.from(vector)]);

describe('the vectors of a response', () => {
  it.each([
    ['[[0.5]]', 1, 1],
    ['[[0.1,-0.2,3],[4,5.25,-6]]', 2, 3],
    ['[[0,-0,0.0]]', 1, 3],
    ['[[1e-5,-1.25E+2,2e0]]', 1, 3],
    ['[[-0.00000001234567890123456789,123456789012345678]]', 1, 2],
    ['[[0.012345679,0.99999994,1.1754944e-38]]', 1, 3],
  ])('equal those of JSON.parse: %s', (json, count, dimensions) => {
    expect(scan(json, count, dimensions)).toEqual(asFloats(json));
  });

  it('equal those of JSON.parse to the last bit, for any float', () => {
    const next = randomWords('floats');
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    const numbers = Array.from({ length: 20_000 }, (_, i) => {
      bits[0] = next();
      const value = float[0] ?? 0;
      const unit = next() / 2 ** 31 - 1;
      return i % 2 === 0 ? unit : Number.isFinite(value) ? value : 0;
    });
    const json = `[[${numbers.map((value) => (next() % 2 === 0 ? value : Number(value.toPrecision(8)))).join(',')}]]`;
    expect(scan(json, 1, numbers.length)).toEqual(asFloats(json));
  });

  it('equal those of JSON.parse for any number of decimals, up to the end of the response', () => {
    for (let decimals = 1; decimals <= 24; decimals++) {
      const number = `-0.${'9081726354'.repeat(3).slice(0, decimals)}`;
      const bytes = Buffer.from(`{"embeddings":[[${number}]]}`);
      expect(scanEmbeddings(bytes, 1, 1)?.map(([value]) => value)).toEqual([Math.fround(Number(number))]);
    }
  });

  it('are not read if a byte that is not part of a number replaces a digit', () => {
    const digits = Buffer.from('0123456789');
    const testedBytes = Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => !Buffer.from('eE').includes(byte),
    );
    for (let place = 0; place < 6; place++) {
      for (const byte of testedBytes) {
        const bytes = answer('[[0.123456,0.5]]');
        bytes[bytes.indexOf('123456') + place] = byte;
        const read = scanEmbeddings(bytes, 1, 2)?.map((vector) => [...vector]);
        expect(read).toEqual(digits.includes(byte) ? asFloats(embeddingsOf(bytes)) : undefined);
      }
    }
  });

  it('are read from a response with 768 dimensions', () => {
    const vectors = ['one', 'two'].map((text) => deterministicVector(text, 768));
    const json = JSON.stringify(vectors.map((vector) => [...vector]));
    expect(scan(json, 2, 768)).toEqual(asFloats(json));
  });

  it.each([
    ['fewer than expected', '[[1,2]]', 2, 2],
    ['more than expected', '[[1,2],[3,4]]', 1, 2],
    ['shorter than expected', '[[1]]', 1, 2],
    ['longer than expected', '[[1,2,3]]', 1, 2],
    ['without values', '[[]]', 1, 1],
    ['none', '[]', 1, 1],
    ['of null', '[[null,1]]', 1, 2],
    ['of NaN', '[[NaN,1]]', 1, 2],
    ['too large for a float', '[[1e999,1]]', 1, 2],
    ['of strings', '[["1",2]]', 1, 2],
    ['of numbers that JSON does not have', '[[01,2]]', 1, 2],
    ['with a point and no decimals', '[[1.,2]]', 1, 2],
    ['with two points', '[[1.2.3,2]]', 1, 2],
    ['with only a sign', '[[-,2]]', 1, 2],
    ['with a plus', '[[+1,2]]', 1, 2],
    ['hexadecimal', '[[0x10,2]]', 1, 2],
    ['with spaces between numbers', '[[1, 2]]', 1, 2],
    ['not in a list', '[1,2]', 1, 2],
  ])('are left to JSON.parse if they are %s', (_, json, count, dimensions) => {
    expect(scan(json, count, dimensions)).toBeUndefined();
  });

  it.each([
    ['truncated', answer('[[1,2]]').subarray(0, -20)],
    ['empty', Buffer.alloc(0)],
    ['an error', Buffer.from('{"error":"no"}')],
    ['a message that mentions them', Buffer.from(JSON.stringify({ error: '"embeddings":[[1,2]]' }))],
  ])('are not found in a response that is %s', (_, bytes) => {
    expect(scanEmbeddings(bytes, 1, 2)).toBeUndefined();
  });
});
