import { halves, meanVector } from '../../../src/embedder/embed-in-parts.js';
import { wholeText, type TextInContext } from '../../../src/embedder/text-in-context.js';
import { DIMENSIONS, isVectorOf } from '../../../tools/crucible/expected.js';
import { CONTEXT_TOKENS } from '../../../tools/crucible/testbed/timing.js';
import { deterministicVector } from '../../../tools/stand-in/deterministic-brain.js';

const INSTRUCTION = 'Represent this text: ';
const SHORT: TextInContext = { context: 'Guide\n', text: 'Press and hold.' };
/** Must be halved twice, and its quarters may be halved once more. */
const LONG: TextInContext = {
  context: 'Guide\n',
  text: 'A sentence of 25 letters. '.repeat((CONTEXT_TOKENS * 12) / 26),
};
const QUARTERS = halves(LONG).flatMap(halves);

describe('whether a vector belongs to a text', () => {
  it.each<[of: string, parts: readonly TextInContext[], text: TextInContext]>([
    ['the whole text, if it fits', [SHORT], SHORT],
    ['all parts of a text that is too long', QUARTERS, LONG],
    [
      'all parts, some of them halved once more after a crash',
      QUARTERS.flatMap((part, i) => (i === 2 ? halves(part) : [part])),
      LONG,
    ],
    ['all parts, each halved once more', QUARTERS.flatMap(halves), LONG],
  ])('it does if it is of %s', (_, parts, text) => {
    expect(isVectorOf(text, INSTRUCTION, { dimensions: DIMENSIONS, values: meanOf(parts) })).toBe(true);
  });

  it.each<[of: string, values: Float32Array, text: TextInContext]>([
    ['another text', meanOf([{ ...SHORT, text: 'Press and release.' }]), SHORT],
    ['the text with another title', meanOf([{ ...SHORT, context: 'Manual\n' }]), SHORT],
    ['all parts but one', meanOf(QUARTERS.slice(1)), LONG],
    ['parts that do not fit', meanOf(halves(LONG)), LONG],
    ['nothing', new Float32Array(), SHORT],
    ['no numbers', new Float32Array(DIMENSIONS).fill(Number.NaN), SHORT],
  ])('it does not if it is of %s', (_, values, text) => {
    expect(isVectorOf(text, INSTRUCTION, { dimensions: DIMENSIONS, values })).toBe(false);
  });
});

function meanOf(parts: readonly TextInContext[]): Float32Array {
  const vectors = parts.map((part) => ({
    vector: deterministicVector(INSTRUCTION + wholeText(part), DIMENSIONS),
    weight: part.text.length,
  }));
  const mean = meanVector(vectors);
  if (mean instanceof Float32Array) return mean;
  throw mean;
}
