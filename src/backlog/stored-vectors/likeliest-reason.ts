import { shellQuoted } from '../../base/shell-quoted.js';
import type { Tally, TypeTally } from './tally.js';

/** Why stored vectors differ from what the model returns now, as far as the pattern tells. */
export interface DriftReason {
  /** Stable. `model`: nearly all vectors of each type differ. */
  readonly code: 'model' | 'no-vectors' | 'no-text' | 'headings' | 'types' | 'edits';
  readonly message: string;
  readonly fix: string;
}

/** Nearly all: some texts, such as very short ones, change less than the others. */
const NEARLY_ALL = 0.9;
/** Of a type with fewer blocks a single one that was edited since would tell nothing. */
const ENOUGH = 10;
/** Mean cosine below which the vectors of two models are likelier than those of one with other texts. */
const UNRELATED = 0.3;

/** @returns null if nothing has drifted */
export function likeliestReason(tally: Tally): DriftReason | null {
  const { drifted } = tally.total;
  if (drifted === 0) return null;
  const { 'no vector': withoutVector, 'no text': withoutText } = tally.driftedByResult;
  if (withoutVector === drifted) return NO_VECTORS;
  if (withoutText === drifted) return NO_TEXT;
  const types = tally.types.filter((one) => one.drifted > 0);
  const areOnlyHeadings = types.every(({ type }) => type === 'heading');
  const areOthersExact = tally.types.some((one) => one.checked > 0 && one.inexact === 0);
  const isModel = isInexact(tally.types);
  if (areOnlyHeadings && (areOthersExact || !isModel)) return HEADINGS;
  if (isModel) return model(tally.meanCosineOfDrifted ?? 0);
  return isInexact(types) ? ofTypes(types) : EDITS;
}

/**
 * Whether nearly all vectors differ, together and of each type of which enough were checked, though perhaps too little to have
 * drifted.
 */
export function isInexact(types: readonly TypeTally[]): boolean {
  const sum = (key: 'checked' | 'inexact') => types.reduce((total, one) => total + one[key], 0);
  const all = { checked: sum('checked'), inexact: sum('inexact') };
  const judged = [all, ...types.filter((one) => one.checked >= ENOUGH)];
  return all.checked > 0 && judged.every((one) => one.inexact >= one.checked * NEARLY_ALL);
}

function model(meanCosine: number): DriftReason {
  return {
    code: 'model',
    message:
      meanCosine < UNRELATED
        ? 'nearly all vectors differ, and are unrelated to what the model returns now: they are most likely those of another model'
        : 'nearly all vectors differ somewhat: the model, its quantisation, PALDOCS_EMBEDDING_INSTRUCTION or PALDOCS_EMBEDDING_CONTEXT has changed since',
    fix: 'restore the setting that was changed, or embed everything again: embedding-worker backfill --all',
  };
}

const NO_VECTORS: DriftReason = {
  code: 'no-vectors',
  message: 'the blocks are completed but have no vector: a dump was restored without them, or the column was emptied',
  fix: 'embedding-worker verify --all --fix',
};

const NO_TEXT: DriftReason = {
  code: 'no-text',
  message: 'the blocks have a vector but no text to embed: a newer worker reads their content differently',
  fix: 'embedding-worker verify --all --fix',
};

const HEADINGS: DriftReason = {
  code: 'headings',
  message:
    'only headings have drifted: notes were renamed without setting their headings pending, or the text before headings has changed',
  fix: 'embedding-worker backfill --all --block-type heading',
};

const EDITS: DriftReason = {
  code: 'edits',
  message:
    'some blocks have drifted, and others of the same types have not: their text was changed without the trigger, they come from a dump, or embedding everything again has not ended',
  fix: 'embedding-worker verify --all --fix',
};

function ofTypes(types: readonly TypeTally[]): DriftReason {
  const names = types.map(({ type }) => type).join(', ');
  return {
    code: 'types',
    message: `nearly all blocks of the types ${names} have drifted, and no others: a newer worker reads their content differently`,
    fix: ['embedding-worker backfill --all', ...types.map(({ type }) => `--block-type ${shellQuoted(type)}`)].join(' '),
  };
}
