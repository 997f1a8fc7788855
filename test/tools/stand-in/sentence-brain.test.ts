import { describe, expect, test } from '@jest/globals';
import { SentenceBrain, withoutInstruction } from '../../../tools/stand-in/sentence-brain.js';
import { embed, vectorsOf, withStandIn } from './client.js';

const PASSAGE = 'Represent this platform knowledge base section for retrieval: ';
const QUERY = 'Instruct: Given a web search query, retrieve relevant passages\nQuery:';

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

describe('the sentence brain', () => {
  test.each([
    [`${PASSAGE}How to restart`, 'How to restart'],
    [`${QUERY}How to restart`, 'How to restart'],
    [`${QUERY} How to restart`, 'How to restart'],
    ['How to restart', 'How to restart'],
    [`See: ${PASSAGE}`, `See: ${PASSAGE}`],
  ])('reads %j as %j', (text, expected) => {
    expect(withoutInstruction(text)).toBe(expected);
  });

  test('places a question nearest to the text that answers it, over HTTP and with the instructions', async () => {
    await withStandIn({ brain: 'sentence' }, async (ollama) => {
      const passages = [
        'To roll back a failed deployment, run the undo command and wait for the pods.',
        'Bake the bread for forty minutes in a hot oven.',
        'Invoices are paid within thirty days of their receipt.',
      ];
      const input = [...passages.map((text) => PASSAGE + text), `${QUERY}how do I revert a release that went wrong?`];
      const vectors = vectorsOf(await embed(ollama, input, { dimensions: 768 }));
      const [question = []] = vectors.slice(-1);
      const nearness = vectors.slice(0, -1).map((vector) => cosine(question, vector));
      expect(nearness.indexOf(Math.max(...nearness))).toBe(0);
    });
  });

  test('appends zeros to its 512 values, and cuts and renormalises for fewer', async () => {
    const brain = new SentenceBrain();
    const [[wide], [native], [narrow]] = [
      await brain.embed(['a text'], 768),
      await brain.embed(['a text'], 512),
      await brain.embed(['a text'], 256),
    ] as Float32Array[][] as [[Float32Array], [Float32Array], [Float32Array]];
    expect([wide.length, native.length, narrow.length]).toEqual([768, 512, 256]);
    expect(wide.subarray(0, 512)).toEqual(native);
    expect(wide.subarray(512).every((value) => value === 0)).toBe(true);
    for (const vector of [wide, native, narrow]) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  test.each([
    ['empty', ''],
    ['nothing but the instruction', PASSAGE],
    ['white space', ' \n '],
    ['CJK', '日本語'],
    ['1 MB', 'word '.repeat(200_000)],
  ])('gives a text that is %s a unit vector', async (_, text) => {
    const [vector = new Float32Array()] = await new SentenceBrain().embed([text], 768);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });
});
