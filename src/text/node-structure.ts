import { PLATFORM, type Editor } from './editors.js';
import { kindOf } from './find-editor.js';
import { isObject, isScalar, type JsonObject } from './json-fields.js';
import type { Kind } from './node-kinds.js';
import { arrayOf, fieldOf, findField } from './node-text.js';
import type { CellOptions } from './tree-builder.js';

const DIGITS = 'one two three four five six'.split(' ');
const NAMES = 'type style listType list_type format'.split(' ');
export const HEADER_ROW = 'has_column_header withHeadings enable_header_row hasHeader headerRow headerRows'.split(' ');
const HEADER_COLUMN = ['has_row_header', 'enable_header_column', 'headerColumn', 'headerCols'];
const HEADER_CELL = ['header', 'isHeader', 'asHeader', 'headerState'];

/** @returns the level of a heading, from 1 */
export function levelOf(node: JsonObject, editor: Editor): number {
  const level = integer(node, ['level', 'depth'], editor) ?? 0;
  const names = [node.tag, node.style, node.type, node.nodeType].join(' ');
  const [digit = ''] = /[1-6]|one|two|three|four|five|six/i.exec(names) ?? [];
  return Math.max(level, 0) || DIGITS.indexOf(digit.toLowerCase()) + 1 || Number(digit) || 1;
}

/** What the items of a list have: numbers, from `start` unless it is null, or boxes to tick. */
export interface ListKind {
  readonly start: number | null;
  readonly isTask: boolean;
}

/** @param parent the list around it, which is of the same kind if the node does not say another */
export function listKind(node: JsonObject, kind: Kind | undefined, editor: Editor, parent?: ListKind): ListKind {
  const hasName = (name: RegExp) =>
    findField(node, NAMES, editor, (value) => typeof value === 'string' && name.test(value)) !== undefined;
  const ordered = kind === 'ordered list' || fieldOf(node, 'ordered', editor);
  const isOrdered = ordered === true || hasName(/^(?:ordered|number|decimal|ol$)/i);
  const isUnknown = kind === undefined && ordered !== false && !hasName(/./);
  const first = isOrdered ? (integer(node, ['start', 'attrs.order', 'listStart'], editor) ?? 1) : null;
  const isTask = kind === 'task list' || hasName(/^(?:check|todo|task)/i);
  return { start: isUnknown && !isOrdered ? (parent?.start ?? null) : first, isTask };
}

/** @returns the number that an item names; undefined if it has the next one */
export function itemNumber(node: JsonObject, editor: Editor): number | undefined {
  return integer(node, ['listRestart', 'listStart', 'list_start_index', 'start', 'number', 'value'], editor);
}

/** @returns whether a task is done; null if the item is no task */
export function stateOf(node: JsonObject, isTask: boolean, editor = PLATFORM): boolean | null {
  const keys = ['checked', 'done', 'isChecked', 'completed'];
  const state = findField(node, keys, editor, (value) => typeof value === 'boolean');
  return typeof state === 'boolean' ? state : isTask ? fieldOf(node, 'state', editor) === 'DONE' : null;
}

const isSet = (value: unknown): boolean => value === true || (typeof value === 'number' && value > 0);

/** The cells of a row. Their content is still to be read. */
export type Row = readonly (CellOptions & { readonly value: unknown })[];

/** @returns the rows of a table's node */
export function rowsOf(table: JsonObject, editor: Editor): readonly Row[] {
  const node = isObject(table.content) ? table.content : table; // BlockNote has a node within the node.
  const isOn = (keys: string[]) => findField(node, keys, editor, isSet) !== undefined;
  const arrayIn = (from: unknown, ...keys: string[]) => (isObject(from) && arrayOf(from, keys, editor)) || [];
  const [head, body, foot] = [arrayIn(node, 'head'), arrayIn(node, 'body'), arrayIn(node, 'foot')];
  const rows = gridOf(arrayIn(node, 'rows', 'content', 'children', 'nodes'), editor);
  // In mdast, the first row is the header, and the table has alignments.
  const headers = head.length || (isOn(HEADER_ROW) || Array.isArray(node.align) ? 1 : 0);
  const hasColumn = isOn(HEADER_COLUMN);
  return [...head, ...body, ...foot, ...rows].map((row, index) => {
    const cells = Array.isArray(row) ? (row as unknown[]) : arrayIn(row, 'cells', 'content', 'children', 'nodes');
    return cells.map((cell, at) => cellOf(cell, editor, index < headers || (hasColumn && at === 0)));
  });
}

/** An older table of AppFlowy has no rows: its cells name theirs. */
function gridOf(nodes: readonly unknown[], editor: Editor): readonly unknown[] {
  const rowOf = (node: unknown) => (isObject(node) ? integer(node, ['rowPosition'], editor) : undefined);
  return rowOf(nodes[0]) === undefined ? nodes : [...Map.groupBy(nodes, rowOf).values()];
}

export function cellOf(value: unknown, editor = PLATFORM, isInHeader = false): Row[number] {
  if (!isObject(value)) return { value, isHeader: isInHeader };
  const isMarked = findField(value, HEADER_CELL, editor, isSet) !== undefined || value.tag === 'th';
  return {
    value,
    isHeader: isInHeader || isMarked || kindOf(value, editor) === 'header cell',
    columns: integer(value, ['colspan', 'colSpan'], editor),
    rows: integer(value, ['rowspan', 'rowSpan'], editor),
  };
}

function integer(node: JsonObject, keys: string[], editor: Editor): number | undefined {
  const value = findField(node, keys, editor, (field) => isScalar(field) && /^-?\d{1,9}$/.test(String(field)));
  return value === undefined ? undefined : Number(value);
}
