import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import type { Costs } from '../../stand-in/costs.js';
import { randomWords } from '../../stand-in/random.js';
import { textOf } from '../blocks.js';

/** The number of texts per request that a bare loop tries. */
export const FIXED_SIZES = [10, 32, 64] as const;

/** With the instruction, texts of 100 to 2,000 characters. */
const FEWEST_WORDS = 6;
const MOST_WORDS = 375;

/** A model's server, which embeds one request at a time: what a request costs, and how that changes. */
export interface Model {
  readonly name: string;
  readonly requestMs: number;
  /** Per text; of average length, if lengths vary. */
  readonly textMs: number;
  readonly textSquaredMs?: number;
  /** The lengths of texts vary by a factor of 20, and each costs according to its length. */
  readonly lengthsVary?: boolean;
  /** What all costs are multiplied by once half of the texts are embedded. */
  readonly midway?: number;
}

/** Blocks to embed, and what that costs. */
export interface Workload {
  readonly model: Model;
  readonly blocks: number;
  /** Content of the n-th block. */
  readonly text: (n: number) => string;
  /** Costs of all texts, or those of the first and of the second half. */
  readonly costs: readonly Costs[];
}

export function workloadOf(model: Model, blocks: number, seed: number): Workload {
  const text = (n: number) => (model.lengthsVary === true ? textOf(seed, n, wordCountOf(seed, n)) : textOf(seed, n));
  const costs = costsOf(model, model.lengthsVary === true ? meanLength(text, blocks) : undefined);
  return { model, blocks, text, costs: model.midway === undefined ? [costs] : [costs, scaled(costs, model.midway)] };
}

/** How long a request with this many texts takes at first. */
export function requestMsOf(model: Model, size: number): number {
  return model.requestMs + model.textMs * size + (model.textSquaredMs ?? 0) * size ** 2;
}

/** How long such a request takes on average, over both halves of the texts. */
export function meanRequestMsOf(model: Model, size: number): number {
  return (requestMsOf(model, size) * (1 + (model.midway ?? 1))) / 2;
}

/** The most texts per second that a bare loop can have embedded, by calculation. */
export function bestRateOf(model: Model): number {
  return Math.max(...FIXED_SIZES.map((size) => (size / meanRequestMsOf(model, size)) * 1000));
}

function costsOf({ requestMs, textMs, textSquaredMs = 0 }: Model, meanLength: number | undefined): Costs {
  return meanLength === undefined
    ? { requestMs, textMs, textSquaredMs, characterMs: 0 }
    : { requestMs, textMs: 0, textSquaredMs, characterMs: textMs / meanLength };
}

function scaled({ requestMs, textMs, textSquaredMs, characterMs }: Costs, factor: number): Costs {
  return {
    requestMs: requestMs * factor,
    textMs: textMs * factor,
    textSquaredMs: textSquaredMs * factor,
    characterMs: characterMs * factor,
  };
}

/** Short texts are more frequent: the logarithm of the number of words is distributed evenly. */
function wordCountOf(seed: number, n: number): number {
  const share = randomWords(`length ${seed} ${n}`)() / 2 ** 32;
  return Math.round(FEWEST_WORDS * (MOST_WORDS / FEWEST_WORDS) ** share);
}

/** Characters of a text as it is sent. */
function meanLength(text: (n: number) => string, blocks: number): number {
  let characters = 0;
  for (let n = 0; n < blocks; n++) characters += DEFAULT_INSTRUCTION.length + text(n).length;
  return characters / blocks;
}
