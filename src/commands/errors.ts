import { shellQuoted } from '../base/shell-quoted.js';
import { readErrors, type Errors } from '../backlog/read-errors.js';
import type { ErrorCount } from '../backlog/sql/count-errors.js';
import type { BlockError } from '../backlog/sql/find-errors.js';
import { queueExists } from '../queue/queue-schema.js';
import { withContext } from './context.js';
import { requireIds } from './require-ids.js';
import { requireText, requireWhole } from '../terminal/options.js';
import {
  about,
  counted,
  duration,
  number,
  outputWidth,
  printable,
  styled,
  writeJson,
  writeLines,
} from '../terminal/output.js';
import { tableLines, wrap } from '../terminal/table.js';

export interface ErrorsOptions {
  readonly json: boolean;
  readonly limit: number;
  /** Whether to look for blocks without a dead letter even if that means reading a large table. */
  readonly exact: boolean;
  readonly after?: string | undefined;
  readonly reason?: string | undefined;
}

const MAX_LIMIT = 10_000;
/** Shown for a block without a dead letter, and for a dead letter without a code: pg-boss wrote it itself. */
const UNKNOWN_REASON = 'unknown';
const INCOMPLETE =
  'Blocks in error without a dead letter are not included: --exact looks for them, or an index on the status finds them.';

/** Lists the blocks in `error` with the reason, if known. */
export async function runErrors(options: ErrorsOptions): Promise<void> {
  const limit = requireWhole('--limit', options.limit, 1, MAX_LIMIT);
  const after = requireText('--after', options.after);
  const reason = requireText('--reason', options.reason);
  await withContext('errors', async ({ config, database, blocks }) => {
    const { table } = blocks;
    if (after !== null) requireIds('--after', [after], table.idType);
    const names = (await queueExists(database, config.names)) ? config.names : null;
    const { exact } = options;
    const listing = await readErrors({ database, table, names, exact }, { reason, after, limit: limit + 1 });
    const { byReason, complete, estimated } = listing;
    const errors = listing.errors.slice(0, limit);
    const next = listing.errors.length > limit ? (errors.at(-1)?.id ?? null) : null;
    const more = next === null ? null : commandFor({ ...options, after: next });
    if (options.json) {
      await writeJson({ total: total(byReason), byReason, complete, estimated, errors: errors.map(toJson), next });
    } else await writeLines([...render(listing, errors, more), ...(complete ? [] : ['', styled('dim', INCOMPLETE)])]);
    return 0;
  });
}

function toJson({ failures, crashes, ...error }: BlockError): object {
  const attempts = failures === null && crashes === null ? null : (failures ?? 0) + (crashes ?? 0);
  return { ...error, attempts, failures, crashes };
}

function total(byReason: readonly ErrorCount[]): number {
  return byReason.reduce((sum, { count }) => sum + count, 0);
}

/** The command line that prints the next page. */
function commandFor({ after = '', limit, reason, exact }: ErrorsOptions): string {
  const filter = [...(exact ? ['--exact'] : []), ...(reason === undefined ? [] : ['--reason', reason])];
  const words = ['--limit', String(limit), ...filter, '--after', after];
  return `embedding-worker errors ${words.map(shellQuoted).join(' ')}`;
}

/** @param more the command for the next page, if there is one */
function render({ byReason, complete, estimated }: Errors, page: readonly BlockError[], more: string | null): string[] {
  if (total(byReason) === 0) return [complete ? 'No block is in error.' : 'No block with a dead letter is in error.'];
  const show = estimated ? about : number;
  const reasons = byReason.map(({ reason, count }) => `${show(count)} ${printable(reason ?? UNKNOWN_REASON)}`);
  const all = estimated ? `${about(total(byReason))} blocks` : counted(total(byReason), 'block');
  const head = styled('bold', `${all} in error: ${reasons.join(', ')}`);
  if (page.length === 0) return [head, '', 'None of them matches --reason and --after.'];
  const [titles = '', ...lines] = tableLines(
    [
      { title: 'block' },
      { title: 'type', maxWidth: 16 },
      { title: 'note', maxWidth: 40 },
      { title: 'reason', maxWidth: 30 },
      { title: 'attempts', align: 'right' },
      { title: 'when' },
    ],
    page.map(toRow),
  );
  return [
    head,
    '',
    styled('bold', titles),
    ...lines.flatMap((line, i) => [
      line,
      ...wrap(messageOf(page[i]), outputWidth() - 2).map((text) => styled('dim', `  ${text}`)),
    ]),
    ...(more === null ? [] : ['', styled('dim', `Next page: ${printable(more)}`)]),
  ];
}

function toRow({ id, type, noteTitle, reason, failures, crashes, at }: BlockError): string[] {
  const attempts = failures === null && crashes === null ? '-' : number((failures ?? 0) + (crashes ?? 0));
  return [id, type, noteTitle ?? '-', reason ?? UNKNOWN_REASON, attempts, when(at)];
}

function messageOf(error: BlockError | undefined): string {
  return printable(error?.message ?? 'No record of the failure; retry the block to see why it fails.');
}

function when(at: string | null): string {
  const time = Date.parse(at ?? '');
  if (Number.isNaN(time)) return '-';
  return `${duration(Math.max(0, (Date.now() - time) / 1000))} ago`;
}
