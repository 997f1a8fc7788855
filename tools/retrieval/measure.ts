import type { Corpus, Need } from './corpus.js';
import { documentTexts } from './document-texts.js';
import type { Embed } from './embedding-cache.js';
import { mean, recallAt, reciprocalRankAt } from './metrics.js';
import { queryText } from './query-text.js';
import { nearest, type EmbeddedDocument } from './search.js';
import type { Setting } from './settings.js';

/** One question and what was found for it. */
export interface Answered {
  readonly question: string;
  /** The ids of the ten nearest blocks, best first. */
  readonly found: readonly string[];
  readonly recall: number;
  readonly reciprocalRank: number;
}

export interface AnsweredNeed {
  readonly short: Answered;
  readonly sentence: Answered;
}

export const RECALL_COUNT = 5;
export const RANK_COUNT = 10;

/** Searches the corpus for every question, with all texts as the setting has them. One result per need, in order. */
export async function answerAll({ notes, needs }: Corpus, setting: Setting, embed: Embed): Promise<AnsweredNeed[]> {
  const documents = await embedDocuments(notes, setting, embed);
  const answer = async (form: 'short' | 'sentence') => {
    const vectors = await embed(needs.map((need) => queryText(need[form], setting.query)));
    return needs.map((need, i) => answered(need, need[form], nearest(vectors[i] ?? [], documents, RANK_COUNT)));
  };
  const [short, sentence] = [await answer('short'), await answer('sentence')];
  return short.map((one, i) => ({ short: one, sentence: sentence[i] ?? one }));
}

async function embedDocuments(notes: Corpus['notes'], setting: Setting, embed: Embed): Promise<EmbeddedDocument[]> {
  const texts = notes.flatMap((note) => documentTexts(note, setting));
  const vectors = await embed(texts.map(({ text }) => text));
  return texts.map(({ id }, i) => ({ id, vector: vectors[i] ?? [] }));
}

function answered({ answers }: Need, question: string, found: readonly string[]): Answered {
  const recall = recallAt(RECALL_COUNT, found, answers);
  return { question, found, recall, reciprocalRank: reciprocalRankAt(RANK_COUNT, found, answers) };
}

/** A need's figure is the mean of its two questions: they are not independent, so intervals are over needs. */
export function recalls(answered: readonly AnsweredNeed[]): number[] {
  return answered.map(({ short, sentence }) => mean([short.recall, sentence.recall]));
}

export function reciprocalRanks(answered: readonly AnsweredNeed[]): number[] {
  return answered.map(({ short, sentence }) => mean([short.reciprocalRank, sentence.reciprocalRank]));
}
