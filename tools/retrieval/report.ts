import { estimate, estimateDifference, type Estimate } from './bootstrap.js';
import { mean } from './metrics.js';
import { RECALL_COUNT, recalls, reciprocalRanks, type AnsweredNeed } from './measure.js';
import { nameOf, type Setting } from './settings.js';

export interface Measured {
  readonly setting: Setting;
  readonly answered: readonly AnsweredNeed[];
}

/** The figures of one setting, as shares of 1. */
export interface Figures {
  readonly setting: string;
  /** Of the first five. */
  readonly recall: Estimate;
  /** Of the first ten. */
  readonly reciprocalRank: Estimate;
  /** The same need in the two ways of asking. */
  readonly recallOfShort: number;
  readonly recallOfSentences: number;
  /** To the first setting measured, need by need; absent for that one. */
  readonly recallDifference?: Estimate;
  readonly reciprocalRankDifference?: Estimate;
}

export function figuresOf(measured: readonly Measured[], seed: number): Figures[] {
  const [first] = measured;
  return measured.map((one): Figures => {
    const recall = recalls(one.answered);
    const reciprocalRank = reciprocalRanks(one.answered);
    const figures = {
      setting: nameOf(one.setting),
      recall: estimate(recall, seed),
      reciprocalRank: estimate(reciprocalRank, seed),
      recallOfShort: mean(one.answered.map(({ short }) => short.recall)),
      recallOfSentences: mean(one.answered.map(({ sentence }) => sentence.recall)),
    };
    if (first === undefined || one === first) return figures;
    return {
      ...figures,
      recallDifference: estimateDifference(recall, recalls(first.answered), seed),
      reciprocalRankDifference: estimateDifference(reciprocalRank, reciprocalRanks(first.answered), seed),
    };
  });
}

const HEADER = ['setting', 'recall@5', '', 'difference', '', 'MRR@10', '', 'difference', '', 'short', 'sentence'];

/** A text table in points (hundredths), with 95 % intervals; recall@5 of the two ways of asking in the last two columns. */
export function tableOf(figures: readonly Figures[]): string {
  const rows = figures.map((one) => [
    one.setting,
    ...cells(one.recall),
    ...differenceCells(one.recallDifference),
    ...cells(one.reciprocalRank),
    ...differenceCells(one.reciprocalRankDifference),
    points(one.recallOfShort),
    points(one.recallOfSentences),
  ]);
  const widths = HEADER.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .filter((_, i) => widths[i] !== 0)
      .join('  ')
      .trimEnd();
  return [HEADER, ...rows].map(line).join('\n');
}

/** The questions without a right block among the first five, and what was nearest instead. */
export function missesOf({ setting, answered }: Measured, answersOf: (need: number) => readonly string[]): string[] {
  return answered.flatMap(({ short, sentence }, i) =>
    [short, sentence]
      .filter(({ recall }) => recall === 0)
      .map(
        ({ question, found }) =>
          `${nameOf(setting)}: ${question}\n  wanted ${answersOf(i).join(', ')}\n  found ${found.slice(0, RECALL_COUNT).join(', ')}`,
      ),
  );
}

function cells({ mean: value, low, high }: Estimate): string[] {
  return [points(value), `[${points(low)}, ${points(high)}]`];
}

function differenceCells(difference: Estimate | undefined): string[] {
  if (difference === undefined) return ['', ''];
  const { mean: value, low, high } = difference;
  return [signed(value), `[${signed(low)}, ${signed(high)}]`];
}

function points(share: number): string {
  return (share * 100).toFixed(1);
}

function signed(share: number): string {
  const text = points(share);
  return share < 0 ? text.replace('-', '−') : `+${text}`;
}
