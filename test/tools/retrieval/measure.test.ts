import { describe, expect, it } from '@jest/globals';
import type { Corpus } from '../../../tools/retrieval/corpus.js';
import { EmbeddingCache } from '../../../tools/retrieval/embedding-cache.js';
import { answerAll, recalls, reciprocalRanks } from '../../../tools/retrieval/measure.js';
import { figuresOf, missesOf, tableOf } from '../../../tools/retrieval/report.js';
import { readSettings, type Setting } from '../../../tools/retrieval/settings.js';

const WORDS = ['moor', 'sail', 'cook', 'Guide'];

/** A unit vector that says which of the words are in the text. */
function vectorOf(text: string): number[] {
  const counts = WORDS.map((word) => (text.includes(word) ? 1 : 0));
  const norm = Math.hypot(...counts) || 1;
  return counts.map((count) => count / norm);
}

const CORPUS: Corpus = {
  notes: [
    {
      title: 'Guide',
      editor: 'plain',
      column: 'text',
      source: { package: 'a', license: 'MIT' },
      blocks: ['how to moor', 'how to sail', 'how to cook'].map((content, i) => ({
        id: `guide.${i + 1}`,
        type: 'paragraph',
        content,
      })),
    },
  ],
  needs: [
    { short: 'moor', sentence: 'How do I moor the boat?', answers: ['guide.1'] },
    { short: 'cook', sentence: 'Who can sail?', answers: ['guide.3'] },
  ],
};

const [DEFAULT, WITH_TITLE] = readSettings('default,context=title') as [Setting, Setting];

const embed = (texts: readonly string[]) => Promise.resolve(texts.map(vectorOf));

describe('a measurement', () => {
  it('finds the nearest blocks for each question', async () => {
    const [moor, cook] = await answerAll(CORPUS, DEFAULT, embed);
    expect(moor?.short.found[0]).toBe('guide.1');
    expect(moor?.sentence.found[0]).toBe('guide.1');
    expect(cook?.short.found[0]).toBe('guide.3');
    expect(cook?.sentence.found[0]).toBe('guide.2');
  });

  it('takes the mean of the two forms as a need’s figure', async () => {
    const answered = await answerAll(CORPUS, DEFAULT, embed);
    expect(recalls(answered)).toEqual([1, 1]);
    // The sentence finds the wrong block first, then those without any of its words, by id.
    expect(reciprocalRanks(answered)).toEqual([1, (1 + 1 / 3) / 2]);
  });

  it('embeds a text once, though several settings have it', async () => {
    const sent: string[] = [];
    const cache = new EmbeddingCache((texts) => {
      sent.push(...texts);
      return embed(texts);
    });
    await answerAll(CORPUS, DEFAULT, cache.embed);
    await answerAll(CORPUS, DEFAULT, cache.embed);
    await answerAll(CORPUS, WITH_TITLE, cache.embed);
    expect(new Set(sent).size).toBe(sent.length);
    expect([sent.length, cache.size]).toEqual([3 + 4 + 3, 3 + 4 + 3]);
  });

  it('reports each setting with intervals, and its difference to the first', async () => {
    const measured = [DEFAULT, WITH_TITLE].map(async (setting) => ({
      setting,
      answered: await answerAll(CORPUS, setting, embed),
    }));
    const figures = figuresOf(await Promise.all(measured), 1);
    expect(figures[0]).toMatchObject({ setting: 'default', recall: { mean: 1, low: 1, high: 1 }, recallOfShort: 1 });
    expect(figures[0]).not.toHaveProperty('recallDifference');
    expect(figures[1]).toMatchObject({ setting: 'context=title', recallDifference: { mean: 0, low: 0, high: 0 } });
    const [header, first, second] = tableOf(figures).split('\n');
    expect(header).toMatch(/^setting +recall@5 +difference +MRR@10 +difference +short +sentence$/);
    expect(first).toMatch(/^default +100\.0 +\[100\.0, 100\.0\] +83\.3 /);
    expect(second).toMatch(/^context=title +100\.0 +\[100\.0, 100\.0\] +\+0\.0 +\[\+0\.0, \+0\.0\]/);
  });

  it('lists the questions that found nothing right', async () => {
    const needs = [{ short: 'anchor', sentence: 'moor', answers: ['elsewhere.1'] }];
    const answered = await answerAll({ ...CORPUS, needs }, DEFAULT, embed);
    expect(missesOf({ setting: DEFAULT, answered }, () => ['elsewhere.1'])).toEqual([
      'default: anchor\n  wanted elsewhere.1\n  found guide.1, guide.2, guide.3',
      'default: moor\n  wanted elsewhere.1\n  found guide.1, guide.2, guide.3',
    ]);
  });
});
