import { readNotifyingFunctions } from '../../../blocks/sql/read-notifying-functions.js';
import { readRelations } from '../../../blocks/sql/read-relations.js';
import { readIndexUse } from '../../../blocks/status-index/use.js';
import { number } from '../../../terminal/output.js';
import { ok, tableOf, warning, type Check } from '../check.js';
import { ifStatusesAccepted } from '../if-statuses-accepted.js';
import { CHANNEL } from '../../../blocks/channel.js';

/** From this many rows on, looking for pending blocks takes noticeably long. */
const MANY_ROWS = 100_000;

export const payloadCheck: Check = {
  name: 'payload',
  needs: ['tables', 'privileges'],
  run: async (context) => {
    const { database } = context;
    const table = tableOf(context);
    const [sources, relations] = await Promise.all([
      readNotifyingFunctions(database, table),
      readRelations(database, table),
    ]);
    const rows = relations.reduce((sum, relation) => sum + Math.max(0, relation.isPartitioned ? 0 : relation.rows), 0);
    const lacksId = sources.some((source) => !mayCarryId(source, table.columns.id));
    if (sources.length === 0) return ok(`unknown: no trigger function names the channel ${CHANNEL}`);
    if (!lacksId) return ok('notifications carry the block id, as far as the source of the trigger function shows');
    if (rows < MANY_ROWS) return ok('notifications carry no block id; after each, the worker looks for pending blocks');
    const uses = await ifStatusesAccepted(() => readIndexUse(database, table, 'possible'));
    if (uses?.get('pending')?.isServed === true && uses.get('unset')?.isServed === true) {
      return ok('notifications carry no block id; the worker finds pending blocks through an index');
    }
    return warning(
      `notifications carry no block id, so the worker reads all ${number(Math.round(rows))} rows to find an edit`,
      `in the trigger's function: PERFORM pg_notify('${CHANNEL}', NEW.${table.id}::text);`,
    );
  },
};

/**
 * Whether a function's source sends the block's id, or something that may hold it. False only if it certainly does not: a
 * NOTIFY, whose payload is a constant, or a call whose payload names neither the id's column nor a variable.
 */
export function mayCarryId(source: string, idColumn: string): boolean {
  const code = source.replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, ' ');
  const calls = [...code.matchAll(/\bpg_notify\s*\(([^;]*)/gi)].map(([, args = '']) => args);
  const payloads = calls.filter((args) => args.includes(CHANNEL)).map((args) => args.slice(args.indexOf(',') + 1));
  const elsewhere = calls.length > payloads.length || /\bEXECUTE\b/i.test(code);
  return elsewhere || payloads.some((payload) => holdsId(payload, idColumn));
}

function holdsId(payload: string, idColumn: string): boolean {
  const values = payload
    .replaceAll(/'(?:[^']|'')*'/g, ' ') // constants
    .replaceAll(/::\s*[\w.]+|[\w.]+\s*(?=\()/g, ' ') // types and functions
    .replaceAll(/\bnull\b|\btg_\w+/gi, ' ')
    .replaceAll('"', '')
    .match(/[\p{L}_][\p{L}\d_$]*(\s*\.\s*[\p{L}_][\p{L}\d_$]*)?/gu);
  return (values ?? []).some((value) => {
    const [, column] = value.split('.');
    return column === undefined || column.trim().toLowerCase() === idColumn.toLowerCase(); // undefined: the row, or a variable
  });
}
