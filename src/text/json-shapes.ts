export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Keys that describe a node and are not its text: those of ProseMirror, Tiptap, Slate, Lexical, Editor.js, BlockNote, Quill and
 * Notion, and common additions of APIs.
 */
const METADATA = new Set(
  `_id align alignment annotations attributes background bold bulletType checked class className code_language
  collapsed color created depth detail dir direction format guid hasHeader height href icon id indent italic key
  kind lang language level link listType list_type locale mark marks mime mimeType mode object order ordered
  parent position rel slug src start strike strikethrough style styles target theme time timestamp type underline
  updated uri url uuid variant version width withHeadings`.split(/\s+/),
);
const METADATA_ENDINGS = /(?:[a-z](?:Id|At|Url|Color|Alignment|Type)|_(?:id|at|url|color|type))$/;

export function isMetadata(key: string): boolean {
  return METADATA.has(key) || METADATA_ENDINGS.test(key);
}

/** Keys of a text and its other forms. The first one that a node has is its text. */
const FORMS = ['text', 'markdown', 'md', 'html', 'plain', 'plainText', 'plain_text', 'raw'];

/** Keys of children. They come after their parent's text, wherever Postgres' `jsonb` put their key. */
const CHILDREN = ['items', 'children', 'nested', 'subitems'];

export interface Fields {
  /** The node's own text and everything that is not known metadata. */
  readonly own: readonly [key: string, value: unknown][];
  readonly children: readonly [key: string, value: unknown][];
}

/** @returns the fields of an object that may hold text, in order */
export function fields(object: JsonObject): Fields {
  const form = FORMS.find((key) => object[key] !== undefined && object[key] !== null);
  const entries = Object.entries(object).filter(([key]) => key === form || !(isMetadata(key) || FORMS.includes(key)));
  return {
    own: entries.filter(([key]) => !CHILDREN.includes(key)),
    children: entries.filter(([key]) => CHILDREN.includes(key)),
  };
}

/** @returns the strings within a value, in order, without metadata, at any depth */
export function stringLeaves(value: unknown): string[] {
  const leaves: string[] = [];
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') leaves.push(next);
    else if (Array.isArray(next)) for (const item of next.toReversed()) waiting.push(item);
    else if (isObject(next)) {
      const { own, children } = fields(next);
      for (const [, child] of [...own, ...children].reverse()) waiting.push(child);
    }
  }
  return leaves;
}

/** Whether a number under this key is text: "text": 42 is, "votes": 42 is not. */
export function isTextKey(key: string): boolean {
  return FORMS.includes(key) || ['content', 'value', 'title', 'caption', 'name', 'label'].includes(key);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** @returns the first array among these keys */
export function arrayAt(object: JsonObject, keys: readonly string[]): readonly unknown[] | undefined {
  return keys.map((key) => object[key]).find((value) => Array.isArray(value));
}

/** The text of an editor's text node. It is plain text, its spaces count, and the next node continues it. */
export function plainTextOf(node: JsonObject, parentKey: string): string | undefined {
  const { type, text, insert } = node;
  if (typeof insert === 'string') return insert;
  const isLeaf = type === 'text' || (type === undefined && isInlineNode(node, parentKey));
  return isLeaf && typeof text === 'string' ? text : undefined;
}

const INLINE_NODE = /^(?:text|link|a|mention|emoji|inline.*|equation|tag|date|span|hard_?break|line_?break|break|br)$/i;
const BREAK_NODE = /^(?:hard_?break|line_?break|break|br)$/i;

/** Whether a node is part of a line. Slate's leaves (in `children`) have no type, only a text. */
export function isInlineNode(value: unknown, parentKey: string): boolean {
  if (!isObject(value)) return false;
  if (typeof value.type === 'string') return INLINE_NODE.test(value.type);
  return typeof value.insert === 'string' || (parentKey === 'children' && typeof value.text === 'string');
}

export function isBreakNode(value: JsonObject): boolean {
  return typeof value.type === 'string' && BREAK_NODE.test(value.type);
}

const LIST_NODE = /^(?:(?:un)?ordered|bullet(?:ed)?|number(?:ed)?|task|check|todo)?[-_]?list$|^[uo]l$/i;
const ORDERED = /^(?:ordered|number|decimal|ol$)/i;

export interface ListShape {
  readonly items: readonly unknown[];
  /** The first item's number; null if items have none, undefined if unknown. */
  readonly start: number | null | undefined;
}

/** @returns the list that an object represents; undefined if it is not a list */
export function listShape(object: JsonObject): ListShape | undefined {
  const isList = typeof object.type === 'string' && LIST_NODE.test(object.type);
  const items = arrayAt(object, isList ? ['items', 'content', 'children'] : ['items']);
  return items && { items, start: listStart(object) };
}

function listStart(object: JsonObject): number | null | undefined {
  const kinds = [object.type, object.style, object.listType, object.list_type].filter(
    (kind) => typeof kind === 'string',
  );
  const isOrdered = object.ordered === true || kinds.some((kind) => ORDERED.test(kind));
  if (!isOrdered) return kinds.length > 0 || object.ordered === false ? null : undefined;
  const attributes = isObject(object.attrs) ? object.attrs : isObject(object.meta) ? object.meta : {};
  const start = [object.start, attributes.start, attributes.order].find((value) => Number.isSafeInteger(value));
  return typeof start === 'number' ? start : 1;
}

/** Whether a node of a typed tree (not, for example, a record with a `type`) has another type than `expected`. */
export function isOtherNode(value: unknown, expected: RegExp): boolean {
  if (!isObject(value)) return false;
  const { type, data, insert } = value;
  if (typeof type !== 'string') return typeof insert === 'string';
  const isNode = type === 'text' || isObject(data) || arrayAt(value, ['content', 'children']) !== undefined;
  return isNode && !expected.test(type);
}

export const ITEM_NODE = /item$|^li$/i;
export const ROW_NODE = /row$|^tr$/i;

/** The first item's number, by the type of that item: BlockNote and Notion have items without lists. null: not numbered. */
export function itemsStart(items: readonly unknown[]): number | null {
  const [first] = items;
  return isObject(first) && typeof first.type === 'string' && ORDERED.test(first.type) ? 1 : null;
}

export interface TableShape {
  readonly headers: readonly unknown[];
  readonly rows: readonly unknown[];
  readonly firstRowIsHeader: boolean;
}

/** @returns the table that an object represents; undefined if it is not a table */
export function tableShape(object: JsonObject, isTableBlock: boolean): TableShape | undefined {
  const isTable = isTableBlock || object.type === 'table';
  const headers = arrayAt(object, ['headers', 'header', 'columns', 'head', 'thead']);
  const body = arrayAt(object, headers || isTable ? ['rows', 'body', 'tbody', 'data', 'records', 'values'] : ['rows']);
  const rows = body ?? gridAt(object, isTable || 'withHeadings' in object);
  if (!rows && !(headers && isTable)) return undefined;
  const firstRowIsHeader = ['withHeadings', 'hasHeader', 'headerRow', 'has_column_header', 'header'].some(
    (key) => object[key] === true,
  );
  return { headers: headers ?? [], rows: rows ?? [], firstRowIsHeader };
}

/** The rows under `content`, if they are arrays (Editor.js) or row nodes (ProseMirror). */
function gridAt(object: JsonObject, mayBeGrid: boolean): readonly unknown[] | undefined {
  const content = mayBeGrid ? arrayAt(object, ['content', 'children']) : undefined;
  return content?.every(isRow) ? content : undefined;
}

function isRow(row: unknown): boolean {
  if (!isObject(row)) return Array.isArray(row);
  return typeof row.type === 'string' ? ROW_NODE.test(row.type) : rowCells(row) !== undefined;
}

/** @returns the cells of a row; undefined for a record, whose keys are the headers */
export function rowCells(row: unknown): readonly unknown[] | undefined {
  if (Array.isArray(row)) return row as unknown[];
  if (!isObject(row)) return [row];
  return arrayAt(row, typeof row.type === 'string' ? ['cells', 'content', 'children'] : ['cells', 'columns']);
}
