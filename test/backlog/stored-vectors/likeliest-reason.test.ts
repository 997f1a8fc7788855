import type { Comparison } from '../../../src/backlog/stored-vectors/comparison.js';
import { likeliestReason } from '../../../src/backlog/stored-vectors/likeliest-reason.js';
import { Tally } from '../../../src/backlog/stored-vectors/tally.js';

type Found = readonly [type: string, cosine: number | Exclude<Comparison['result'], 'compared'>, count: number];

function reasonOf(...found: readonly Found[]) {
  const tally = new Tally(0.99);
  for (const [type, what, count] of found) {
    const result = typeof what === 'number' ? ('compared' as const) : what;
    const cosine = typeof what === 'number' ? what : null;
    tally.add(Array.from({ length: count }, (_, i) => ({ id: String(i), type, fingerprint: '', result, cosine })));
  }
  return likeliestReason(tally);
}

describe('the likeliest reason', () => {
  it('is null if nothing has drifted', () => {
    expect(reasonOf(['paragraph', 0.9999, 20], ['heading', 'not embedded', 3])).toBeNull();
    expect(reasonOf()).toBeNull();
  });

  it.each<[string, string, readonly Found[]]>([
    ['all are unrelated', 'model', [['paragraph', 0.02, 20]]],
    [
      'all differ a little',
      'model',
      [
        ['paragraph', 0.95, 20],
        ['heading', 0.9, 20],
      ],
    ],
    [
      'nearly all differ',
      'model',
      [
        ['paragraph', 0.95, 19],
        ['paragraph', 0.995, 1],
      ],
    ],
    [
      'nearly all differ, and of a rare type none',
      'model',
      [
        ['paragraph', 0.95, 200],
        ['quote', 1, 1],
      ],
    ],
    [
      'all differ, and some of them enough to have drifted',
      'model',
      [
        ['paragraph', 0.994, 17],
        ['paragraph', 0.985, 3],
        ['heading', 0.993, 5],
      ],
    ],
    [
      'some headings differ, and nothing else',
      'headings',
      [
        ['heading', 0.8, 3],
        ['heading', 1, 17],
        ['paragraph', 1, 20],
      ],
    ],
    [
      'all headings differ, and nothing else',
      'headings',
      [
        ['heading', 0.8, 20],
        ['paragraph', 1, 20],
      ],
    ],
    [
      'all headings differ although they are most blocks',
      'headings',
      [
        ['heading', 0.8, 200],
        ['paragraph', 1, 3],
      ],
    ],
    [
      'one type differs',
      'types',
      [
        ['table', 0.7, 20],
        ['paragraph', 1, 20],
      ],
    ],
    [
      'some of a type differ',
      'edits',
      [
        ['paragraph', 0.3, 5],
        ['paragraph', 1, 15],
      ],
    ],
    [
      'vectors are missing',
      'no-vectors',
      [
        ['paragraph', 'no vector', 20],
        ['heading', 'no vector', 2],
      ],
    ],
    [
      'texts are missing',
      'no-text',
      [
        ['callout', 'no text', 2],
        ['paragraph', 1, 20],
      ],
    ],
  ])('if %s is "%s"', (_, code, found) => {
    expect(reasonOf(...found)).toMatchObject({ code });
  });

  it('tells unrelated vectors from those that differ somewhat, and names the types', () => {
    expect(reasonOf(['paragraph', 0.02, 20])?.message).toContain('another model');
    expect(reasonOf(['paragraph', 0.95, 20])?.message).toContain('quantisation');
    expect(reasonOf(['table', 0.7, 5], ['code', 0.7, 5], ['paragraph', 1, 20])?.fix).toBe(
      'embedding-worker backfill --all --block-type code --block-type table',
    );
    expect(reasonOf(["editor's note", 0.7, 20], ['paragraph', 1, 20])?.fix).toBe(
      String.raw`embedding-worker backfill --all --block-type 'editor'\''s note'`,
    );
  });
});
