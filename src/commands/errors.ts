import { isBlockId } from '../blocks/block-id.js';
import { withLongTimeout } from '../postgres/statement-timeout.js';
import { ConfigurationError } from '../base/errors.js';
import { countErrors, type ErrorCount } from '../backlog/sql/count-errors.js';
import { findErrors, type BlockError } from '../backlog/sql/find-errors.js';
import { queueExists } from '../queue/queue-schema.js';
import { withContext } from './context.js';
import { requireText, requireWhole } from '../terminal/options.js';
import {
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
  readonly after?: string | undefined;
  readonly reason?: string | undefined;
}

const MAX_LIMIT = 10_000;
/** A dead letter of pg-boss's own tells no code. */
const NO_RECORD = 'unknown';

/** Lists the blocks in `error`, with what is known of why. */
export async function runErrors(options: ErrorsOptions): Promise<void> {
  const limit = requireWhole('--limit', options.limit, 1, MAX_LIMIT);
  const after = requireText('--after', options.after);
  const reason = requireText('--reason', options.reason);
  await withContext('errors', async ({ config, database, blocks }) => {
    const { table } = blocks;
    if (after !== null && !isBlockId(after, table.idType)) {
      throw new ConfigurationError('OPTION', `--after: "${printable(after)}" is no id of type ${table.idType}`);
    }
    const names = (await queueExists(database, config.names)) ? config.names : null;
    const [byReason, found] = await withLongTimeout(database, async (tx) => [
      await countErrors(tx, names, table),
      await findErrors(tx, names, table, { reason, after, limit: limit + 1 }),
    ]);
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1)?.id ?? null) : null;
    if (options.json) await writeJson({ total: total(byReason), byReason, errors: page.map(toJson), next });
    else await writeLines(render(byReason, page, next === null ? null : commandFor({ ...options, after: next })));
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

/** What to type for the next page. */
function commandFor({ after = '', limit, reason }: ErrorsOptions): string {
  const words = ['--limit', String(limit), ...(reason === undefined ? [] : ['--reason', reason]), '--after', after];
  const quoted = words.map((word) => (/^[\w:.-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return `embedding-worker errors ${quoted.join(' ')}`;
}

/** @param more the command for the next page, where there is one */
function render(byReason: readonly ErrorCount[], page: readonly BlockError[], more: string | null): string[] {
  if (total(byReason) === 0) return ['No block is in error.'];
  const reasons = byReason.map(({ reason, count }) => `${number(count)} ${printable(reason ?? NO_RECORD)}`);
  const head = styled('bold', `${counted(total(byReason), 'block')} in error: ${reasons.join(', ')}`);
  if (page.length === 0) return [head, '', 'None of them is on this page.'];
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
    ...(more === null ? [] : ['', styled('dim', `More: ${printable(more)}`)]),
  ];
}

function toRow({ id, type, noteTitle, reason, failures, crashes, at }: BlockError): string[] {
  const attempts = failures === null && crashes === null ? '-' : number((failures ?? 0) + (crashes ?? 0));
  return [id, type, noteTitle ?? '-', reason ?? NO_RECORD, attempts, when(at)];
}

function messageOf(error: BlockError | undefined): string {
  return printable(error?.message ?? 'There is no record of the failure: retry the block to see why it fails.');
}

function when(at: string | null): string {
  const time = Date.parse(at ?? '');
  if (Number.isNaN(time)) return '-';
  return `${duration(Math.max(0, (Date.now() - time) / 1000))} ago`;
}
