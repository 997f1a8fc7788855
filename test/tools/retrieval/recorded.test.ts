import { describe, expect, it } from '@jest/globals';
import { readCorpus } from '../../../tools/retrieval/corpus.js';
import { compare, MARGIN, readRecorded, type Recorded } from '../../../tools/retrieval/recorded.js';

const RECORDED: Recorded = { blocks: 800, questions: 200, recall: 0.5, reciprocalRank: 0.4 };

describe('figures compared with those recorded', () => {
  it.each([
    { change: {}, isReached: true, says: 'as recorded' },
    { change: { recall: 0.5 - MARGIN / 2 }, isReached: true, says: 'as recorded' },
    {
      change: { recall: 0.47 },
      isReached: false,
      says: 'lower than recorded: recall@5 by 3.0 points (margin 1.0 points)',
    },
    { change: { reciprocalRank: 0.38 }, isReached: false, says: 'lower than recorded: MRR@10 by 2.0 points' },
    {
      change: { recall: 0.4, reciprocalRank: 0.3 },
      isReached: false,
      says: 'recall@5 by 10.0 points and MRR@10 by 10.0 points',
    },
    { change: { recall: 0.6, reciprocalRank: 0.3 }, isReached: false, says: 'MRR@10 by 10.0 points' },
    { change: { recall: 0.6 }, isReached: true, says: 'higher than recorded; record them with --record' },
    { change: { blocks: 801 }, isReached: false, says: 'the corpus has changed since the figures were recorded' },
  ])('with $change: $says', ({ change, isReached, says }) => {
    const comparison = compare({ ...RECORDED, ...change }, RECORDED);
    expect(comparison.isReached).toBe(isReached);
    expect(comparison.verdict).toContain(says);
  });

  it('are those of the corpus that is here', async () => {
    const [{ notes, needs }, recorded] = await Promise.all([readCorpus(), readRecorded()]);
    const blocks = notes.reduce((sum, note) => sum + note.blocks.length, 0);
    expect([recorded.blocks, recorded.questions]).toEqual([blocks, 2 * needs.length]);
  });
});
