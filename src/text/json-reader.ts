import type { MarkupReader } from './markup-reader.js';
import {
  fields,
  isBreakNode,
  isInlineNode,
  isMetadata,
  isObject,
  isOtherNode,
  isScalar,
  isTextKey,
  ITEM_NODE,
  itemsStart,
  listShape,
  plainTextOf,
  ROW_NODE,
  rowCells,
  stringLeaves,
  tableShape,
  type JsonObject,
  type TableShape,
} from './json-shapes.js';
import type { TextWriter } from './text-writer.js';

/** No document nests deeper. Of deeper values only the strings are kept, which needs no recursion. */
const MAX_DEPTH = 100;

interface Context {
  readonly depth: number;
  /** Within a list item or table cell, where strings are pieces of a line. */
  readonly inLine: boolean;
  /** Within an item: the start of its list, null if not numbered. Children are lists of the same kind. */
  readonly listStart?: number | null;
}

/**
 * Writes the text of a JSON value of any shape: lists and tables as such, and otherwise the strings in order.
 */
export class JsonReader {
  readonly #blockType: string;
  readonly #markup: MarkupReader;
  readonly #out: TextWriter;

  constructor(blockType: string, markup: MarkupReader, out: TextWriter) {
    this.#blockType = blockType;
    this.#markup = markup;
    this.#out = out;
  }

  block(value: unknown): void {
    const context = { depth: 0, inLine: false };
    if (isScalar(value)) this.#markup.block(String(value));
    else if (Array.isArray(value)) this.#blockOf(value, context);
    else this.#value(value, 'content', context);
  }

  #blockOf(array: readonly unknown[], context: Context): void {
    const holdsOnly = (nodes: RegExp) => !array.some((item) => isOtherNode(item, nodes));
    if (this.#blockType === 'list' && holdsOnly(ITEM_NODE)) {
      this.#list(array, itemsStart(array), context);
    } else if (this.#blockType === 'table' && holdsOnly(ROW_NODE)) {
      this.#table({ headers: [], rows: array, firstRowIsHeader: false }, context);
    } else {
      this.#sequence(array, 'content', context);
    }
  }

  #value(value: unknown, key: string, context: Context): void {
    if (typeof value === 'string') {
      if (context.inLine) this.#markup.inline(value);
      else this.#markup.block(value);
    } else if (isScalar(value)) {
      if (isTextKey(key)) this.#out.text(String(value));
    } else if (context.depth >= MAX_DEPTH) {
      for (const leaf of stringLeaves(value)) {
        this.#out.boundary();
        this.#out.lines(leaf);
      }
    } else if (Array.isArray(value)) {
      this.#sequence(value, key, deeper(context));
    } else if (isObject(value)) {
      this.#object(value, key, deeper(context));
    }
  }

  /** Nodes one after another. Each starts a line unless it is inline. */
  #sequence(nodes: readonly unknown[], key: string, context: Context): void {
    for (const node of nodes) {
      const isInline = isInlineNode(node, key);
      if (!isInline) this.#out.boundary();
      this.#value(node, key, isInline ? { ...context, inLine: true } : context);
      if (!isInline) this.#out.boundary();
    }
  }

  #object(object: JsonObject, parentKey: string, context: Context): void {
    const plain = plainTextOf(object, parentKey);
    if (plain !== undefined) return this.#out.lines(plain);
    if (isBreakNode(object)) return this.#out.boundary();
    const table = tableShape(object, this.#blockType === 'table' && !context.inLine);
    const list = listShape(object);
    const { own, children } = fields(object);
    // Children of an item with its own text are items, too. Otherwise they are its text.
    const hasText = own.some(([key]) => key !== 'attrs');
    const isParent = context.listStart !== undefined && hasText && !isInlineNode(object, parentKey);
    for (const [key, value] of own) {
      if (value === table?.headers || value === table?.rows || value === list?.items) continue;
      this.#value(key === 'attrs' ? captions(value) : value, key, context);
      if (children.length > 0 || own.length > 1) this.#out.boundary();
    }
    if (table) return this.#table(table, context);
    const start = list?.start === undefined ? (context.listStart ?? null) : list.start;
    if (list) this.#list(list.items, start, context);
    for (const [key, value] of children) {
      if (value === list?.items) continue;
      if (Array.isArray(value) && (key !== 'children' || isParent)) this.#list(value, start, context);
      else this.#value(value, key, context);
    }
  }

  #list(items: readonly unknown[], start: number | null, context: Context): void {
    const inItem = { depth: context.depth + 1, inLine: true, listStart: start === null ? null : 1 };
    this.#out.openList(start);
    for (const item of items) {
      if (Array.isArray(item) && context.depth < MAX_DEPTH) {
        this.#list(item, inItem.listStart, inItem);
        continue;
      }
      this.#out.openItem();
      this.#value(item, 'text', inItem);
    }
    this.#out.closeList();
  }

  #table({ headers, rows, firstRowIsHeader }: TableShape, context: Context): void {
    const inCell = { depth: context.depth + 1, inLine: true };
    this.#out.openTable();
    const columns = new Map<string, { label: string; index: number }>();
    this.#out.openRow();
    headers.forEach((header, index) => {
      const [key, title] = isObject(header) ? headerOf(header) : [String(header), header];
      columns.set(key, { label: this.#cell(title, true, undefined, inCell), index });
    });
    rows.forEach((row, index) => {
      this.#out.openRow();
      const cells = rowCells(row);
      if (cells) for (const cell of cells) this.#cell(cell, firstRowIsHeader && index === 0, undefined, inCell);
      else if (isObject(row)) this.#record(row, columns, inCell);
    });
    this.#out.closeTable();
  }

  #record(row: JsonObject, columns: ReadonlyMap<string, { label: string; index: number }>, context: Context): void {
    const last = columns.size;
    Object.entries(row)
      .filter(([key]) => columns.has(key) || !(columns.size > 0 ? isMetadata(key) : key === 'id' || key === '_id'))
      .sort(([a], [b]) => (columns.get(a)?.index ?? last) - (columns.get(b)?.index ?? last))
      .forEach(([key, value]) => this.#cell(value, false, columns.get(key)?.label ?? key, context));
  }

  #cell(value: unknown, isHeaderRow: boolean, label: string | undefined, context: Context): string {
    const node: JsonObject = isObject(value) ? value : {};
    const attributes = isObject(node.attrs) ? node.attrs : node;
    const isHeader =
      isHeaderRow || node.header === true || (typeof node.type === 'string' && /header|^th$/i.test(node.type));
    this.#out.openCell({ isHeader, columns: span(attributes.colspan), rows: span(attributes.rowspan), label });
    this.#value(value, 'text', context);
    return this.#out.closeCell();
  }
}

/** @returns the key by which records refer to a column, and the column's title */
function headerOf(header: JsonObject): [key: string, title: unknown] {
  const key = [header.key, header.field, header.id, header.accessor, header.name].find(isScalar);
  const title = [header.label, header.title, header.text, header.header, header.name].find(isScalar);
  const isNode = 'content' in header || 'children' in header;
  return [String(key ?? title ?? ''), title ?? (isNode ? header : key)];
}

/** The readable attributes of a node. The others are settings. */
function captions(attributes: unknown): unknown {
  if (!isObject(attributes)) return undefined;
  const { alt, label, title, caption } = attributes;
  return [alt ?? label, title, caption].filter((text) => typeof text === 'string').join(' ');
}

function deeper(context: Context): Context {
  return { ...context, depth: context.depth + 1 };
}

function span(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 1;
}
