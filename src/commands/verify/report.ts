import type { Comparison } from '../../backlog/stored-vectors/comparison.js';
import { isInexact, likeliestReason, type DriftReason } from '../../backlog/stored-vectors/likeliest-reason.js';
import type { TypeTally } from '../../backlog/stored-vectors/tally.js';
import type { Verification } from '../../backlog/stored-vectors/verification.js';
import { counted, number, outputWidth, printable, styled } from '../../terminal/output.js';
import { tableLines, wrap } from '../../terminal/table.js';
import type { VerifyRequest } from './options.js';

/** Blocks that are listed. Those of JSON take about 20 MB of memory. */
const MAX_LISTED = { text: 50, json: 100_000 } as const;

/** A drifted block. */
export interface DriftedBlock extends Pick<Comparison, 'id' | 'type' | 'result' | 'cosine'> {
  readonly requeued: boolean;
}

/** The result as `--json` prints it (docs/commands.md). Fields are added, never changed. */
export interface VerifyResult {
  /** Whether the run came to its end. */
  readonly complete: boolean;
  readonly sample: number | null;
  readonly threshold: number;
  readonly checked: number;
  readonly drifted: number;
  readonly inexact: number;
  readonly lowestCosine: number | null;
  readonly notEmbedded: number;
  readonly requeued: number;
  /** Drifted blocks that stay as they are. */
  readonly left: number;
  readonly byType: readonly TypeTally[];
  readonly reason: DriftReason | null;
  readonly blocks: readonly DriftedBlock[];
}

/** The drifted blocks that are listed: the first ones, and of these more in JSON than in text. */
export class DriftedBlocks {
  readonly list: DriftedBlock[] = [];
  readonly #max: number;
  #requeued = 0;

  constructor(json: boolean) {
    this.#max = json ? MAX_LISTED.json : MAX_LISTED.text;
  }

  get requeued(): number {
    return this.#requeued;
  }

  /** Empties the list. */
  readonly clear = (): void => {
    this.list.length = 0;
  };

  readonly add = (blocks: readonly Comparison[], requeued: ReadonlySet<string>): void => {
    this.#requeued += requeued.size;
    for (const { id, type, result, cosine } of blocks.slice(0, this.#max - this.list.length)) {
      this.list.push({ id, type, result, cosine: rounded(cosine), requeued: requeued.has(id) });
    }
  };
}

export function resultOf(
  { tally, left }: Verification,
  { perType, threshold }: VerifyRequest,
  drifted: DriftedBlocks,
  complete: boolean,
): VerifyResult {
  const { total } = tally;
  return {
    complete,
    sample: perType,
    threshold,
    ...total,
    lowestCosine: rounded(total.lowestCosine),
    requeued: drifted.requeued,
    left,
    byType: tally.types.map((one) => ({ ...one, lowestCosine: rounded(one.lowestCosine) })),
    reason: likeliestReason(tally),
    blocks: drifted.list,
  };
}

/** As lines of text. */
export function describeResult(result: VerifyResult): string[] {
  const { drifted, notEmbedded, byType, reason } = result;
  if (byType.length === 0) return [nothing(result)];
  const [titles = '', ...rows] = tableLines(
    [
      { title: 'block type', maxWidth: 30 },
      { title: 'checked', align: 'right' },
      { title: 'drifted', align: 'right' },
      { title: 'lowest cosine', align: 'right' },
      ...(notEmbedded > 0 ? [{ title: 'not embedded', align: 'right' } as const] : []),
    ],
    [...byType.map(toRow(notEmbedded > 0)), toRow(notEmbedded > 0)({ ...result, type: 'all' })],
  );
  return [
    styled('bold', titles),
    ...rows,
    '',
    ...summary(result),
    ...(drifted === 0 && isInexact(byType) ? wrapped(ALL_INEXACT) : []),
    ...(reason === null ? [] : wrapped(`Likeliest reason: ${reason.message}.`)),
    ...(result.requeued > 0 && result.sample !== null ? wrapped(ONLY_THE_SAMPLE) : []),
    ...(reason === null || (result.left === 0 && result.sample === null)
      ? []
      : [`To fix it: ${printable(reason.fix)}`]),
    ...(drifted === 0 ? [] : wrapped(listed(result))),
    ...(notEmbedded > 0
      ? wrapped(`The model returned no vector for ${counted(notEmbedded, 'block')}, which could not be compared.`)
      : []),
  ];
}

const ALL_INEXACT =
  'Nearly all differ a little, by less than the threshold: perhaps another quantisation, or another server.';

const ONLY_THE_SAMPLE = 'Only blocks of the sample were requeued. Others may have drifted, too.';

function nothing({ sample, complete }: VerifyResult): string {
  if (!complete) return 'No block was checked.';
  return sample === null
    ? 'No block is completed.'
    : 'No completed block was found. Of a large table, --sample reads only a part; --all reads all of it.';
}

function toRow(withNotEmbedded: boolean): (tally: TypeTally) => string[] {
  return ({ type, checked, drifted, lowestCosine, notEmbedded }) => [
    type === '' ? '-' : type,
    number(checked),
    number(drifted),
    lowestCosine === null ? '-' : lowestCosine.toFixed(4),
    ...(withNotEmbedded ? [number(notEmbedded)] : []),
  ];
}

function summary({ checked, drifted, requeued, left }: VerifyResult): string[] {
  if (checked === 0) return [];
  if (drifted === 0) return [styled('green', `None of ${counted(checked, 'vector')} has drifted.`)];
  const edited = drifted - requeued - left;
  const parts = [
    ...(requeued > 0 ? [`${number(requeued)} requeued`] : []),
    ...(requeued > 0 && left > 0 ? [`${number(left)} locked by other transactions`] : []),
    ...(edited > 0 ? [`${number(edited)} edited meanwhile`] : []),
  ];
  const what = `${number(drifted)} of ${counted(checked, 'vector')} ${drifted === 1 ? 'has' : 'have'} drifted`;
  return [styled(left > 0 ? 'red' : 'yellow', parts.length === 0 ? `${what}.` : `${what}: ${parts.join(', ')}.`)];
}

function listed({ drifted, blocks }: VerifyResult): string {
  const more = drifted - blocks.length;
  const inJson = drifted > MAX_LISTED.json ? `${number(MAX_LISTED.json)} of them` : 'all';
  const rest = more > 0 ? ` and ${number(more)} more (--json lists ${inJson})` : '';
  return `Drifted blocks: ${blocks.map(({ id }) => printable(id)).join(', ')}${rest}`;
}

function wrapped(text: string): string[] {
  return wrap(text, outputWidth());
}

function rounded(cosine: number | null): number | null {
  return cosine === null ? null : Number(cosine.toFixed(6));
}
