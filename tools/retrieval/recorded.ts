import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';
import type { Corpus } from './corpus.js';
import type { Figures } from './report.js';

/** What the default setting reached when it was last recorded. */
export interface Recorded {
  readonly blocks: number;
  readonly questions: number;
  /** Recall@5, as a share of 1. */
  readonly recall: number;
  /** MRR@10, as a share of 1. */
  readonly reciprocalRank: number;
}

/** How much lower than recorded a figure may be: the model rounds differently on other processors, which can swap neighbours. */
export const MARGIN = 0.01;

const FILE = 'tools/retrieval/recorded.json';

export async function readRecorded(): Promise<Recorded> {
  return JSON.parse(await readFile(join(projectRoot(), FILE), 'utf8')) as Recorded;
}

export async function record(recorded: Recorded): Promise<void> {
  await writeFile(join(projectRoot(), FILE), `${JSON.stringify(recorded, undefined, 2)}\n`);
}

export function toRecord({ notes, needs }: Corpus, { recall, reciprocalRank }: Figures): Recorded {
  return {
    blocks: notes.reduce((sum, { blocks }) => sum + blocks.length, 0),
    questions: 2 * needs.length,
    recall: rounded(recall.mean),
    reciprocalRank: rounded(reciprocalRank.mean),
  };
}

export interface Comparison {
  readonly isReached: boolean;
  /** One line for people. */
  readonly verdict: string;
}

/** Compares what was measured now with what was recorded. Figures of another corpus do not compare. */
export function compare(now: Recorded, recorded: Recorded): Comparison {
  if (now.blocks !== recorded.blocks || now.questions !== recorded.questions) {
    return { isReached: false, verdict: `the corpus has changed since the figures were recorded; ${HOW_TO_RECORD}` };
  }
  const changes = [
    { what: 'recall@5', by: now.recall - recorded.recall },
    { what: 'MRR@10', by: now.reciprocalRank - recorded.reciprocalRank },
  ];
  const lower = changes.filter(({ by }) => by < -MARGIN);
  if (lower.length > 0) {
    const list = lower.map(({ what, by }) => `${what} by ${inPoints(-by)}`).join(' and ');
    return { isReached: false, verdict: `lower than recorded: ${list} (margin ${inPoints(MARGIN)})` };
  }
  const isHigher = changes.some(({ by }) => by > MARGIN);
  return { isReached: true, verdict: isHigher ? `higher than recorded; ${HOW_TO_RECORD}` : 'as recorded' };
}

const HOW_TO_RECORD = 'record them with --record';

function inPoints(share: number): string {
  return `${(share * 100).toFixed(1)} points`;
}

/** Four decimals, so that the file shows no noise. */
function rounded(share: number): number {
  return Number(share.toFixed(4));
}
