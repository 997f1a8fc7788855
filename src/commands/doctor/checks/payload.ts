import { readIndexes } from '../../../blocks/sql/read-indexes.js';
import { readNotifyingFunctions } from '../../../blocks/sql/read-notifying-functions.js';
import { readRelations } from '../../../blocks/sql/read-relations.js';
import { ok, tableOf, warning, type Check } from '../check.js';
import { CHANNEL } from '../../../blocks/channel.js';

/** From so many rows on, each look at what is pending takes long enough to be felt. */
const MANY_ROWS = 100_000;

export const payloadCheck: Check = {
  name: 'payload',
  needs: ['tables'],
  run: async (context) => {
    const { database } = context;
    const table = tableOf(context);
    const [sources, indexes, relations] = await Promise.all([
      readNotifyingFunctions(database, table),
      readIndexes(database, table),
      readRelations(database, table),
    ]);
    const rows = relations.reduce((sum, relation) => sum + Math.max(0, relation.isPartitioned ? 0 : relation.rows), 0);
    const nameless = sources.some((source) => !mayNameBlock(source, table.columns.id));
    if (sources.length === 0) return ok('not known: no function of a trigger names the channel');
    if (!nameless) return ok('the notification names the block, as far as can be told');
    if (rows < MANY_ROWS) return ok('the notification names no block: each is followed by a look at what is pending');
    if (indexes.some(({ onStatus, valid }) => onStatus && valid)) {
      return ok('the notification names no block: an index answers what is pending');
    }
    return warning(
      `the notification names no block, so that the worker reads all ${Math.round(rows).toLocaleString('en-US')} rows to find an edit`,
      `in the trigger's function: PERFORM pg_notify('${CHANNEL}', NEW.${table.id}::text);`,
    );
  },
};

/**
 * Whether a function's source sends the block's id, or something that may hold it. Only what is surely without it counts:
 * a NOTIFY, whose payload is a constant, and a call whose payload names neither the id's column nor a variable.
 */
export function mayNameBlock(source: string, idColumn: string): boolean {
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
    return column === undefined || column.trim().toLowerCase() === idColumn.toLowerCase(); // else the row, or a variable
  });
}
