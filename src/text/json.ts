import type { MarkupReader } from './markup.js';
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

/** Deeper values are no document's: of them the strings are kept, and the stack is spared. */
const MAX_DEPTH = 100;

interface Place {
  readonly depth: number;
  /** Within a list's item or a table's cell, where strings are pieces of a line. */
  readonly inLine: boolean;
  /** Within an item, of the list it belongs to: null if that has no numbers; children are lists of the same kind. */
  readonly listStart?: number | null;
}

/**
 * Writes the text of a JSON value, whatever its shape: lists and tables as such, and otherwise its strings in their
 * order.
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
    const place = { depth: 0, inLine: false };
    if (isScalar(value)) this.#markup.block(String(value));
    else if (Array.isArray(value)) this.#blockOf(value, place);
    else this.#value(value, 'content', place);
  }

  #blockOf(array: readonly unknown[], place: Place): void {
    const holdsOnly = (nodes: RegExp) => !array.some((item) => isOtherNode(item, nodes));
    if (this.#blockType === 'list' && holdsOnly(ITEM_NODE)) {
      this.#list(array, itemsStart(array), place);
    } else if (this.#blockType === 'table' && holdsOnly(ROW_NODE)) {
      this.#table({ headers: [], rows: array, firstRowIsHeader: false }, place);
    } else {
      this.#sequence(array, 'content', place);
    }
  }

  #value(value: unknown, key: string, place: Place): void {
    if (typeof value === 'string') {
      if (place.inLine) this.#markup.inline(value);
      else this.#markup.block(value);
    } else if (isScalar(value)) {
      if (isTextKey(key)) this.#out.text(String(value));
    } else if (place.depth >= MAX_DEPTH) {
      for (const leaf of stringLeaves(value)) {
        this.#out.boundary();
        this.#out.lines(leaf);
      }
    } else if (Array.isArray(value)) {
      this.#sequence(value, key, deeper(place));
    } else if (isObject(value)) {
      this.#object(value, key, deeper(place));
    }
  }

  /** Nodes one after another; each begins a line, unless it is a piece of one. */
  #sequence(nodes: readonly unknown[], key: string, place: Place): void {
    for (const node of nodes) {
      const isInline = isInlineNode(node, key);
      if (!isInline) this.#out.boundary();
      this.#value(node, key, isInline ? { ...place, inLine: true } : place);
      if (!isInline) this.#out.boundary();
    }
  }

  #object(object: JsonObject, parentKey: string, place: Place): void {
    const plain = plainTextOf(object, parentKey);
    if (plain !== undefined) return this.#out.lines(plain);
    if (isBreakNode(object)) return this.#out.boundary();
    const table = tableShape(object, this.#blockType === 'table' && !place.inLine);
    const list = listShape(object);
    const { own, children } = fields(object);
    // An item with a text of its own: its children are items, too. Without one they are its text.
    const hasText = own.some(([key]) => key !== 'attrs');
    const isParent = place.listStart !== undefined && hasText && !isInlineNode(object, parentKey);
    for (const [key, value] of own) {
      if (value === table?.headers || value === table?.rows || value === list?.items) continue;
      this.#value(key === 'attrs' ? captions(value) : value, key, place);
      if (children.length > 0 || own.length > 1) this.#out.boundary();
    }
    if (table) return this.#table(table, place);
    const start = list?.start === undefined ? (place.listStart ?? null) : list.start;
    if (list) this.#list(list.items, start, place);
    for (const [key, value] of children) {
      if (value === list?.items) continue;
      if (Array.isArray(value) && (key !== 'children' || isParent)) this.#list(value, start, place);
      else this.#value(value, key, place);
    }
  }

  #list(items: readonly unknown[], start: number | null, place: Place): void {
    const inItem = { depth: place.depth + 1, inLine: true, listStart: start === null ? null : 1 };
    this.#out.openList(start);
    for (const item of items) {
      if (Array.isArray(item) && place.depth < MAX_DEPTH) {
        this.#list(item, inItem.listStart, inItem);
        continue;
      }
      this.#out.openItem();
      this.#value(item, 'text', inItem);
    }
    this.#out.closeList();
  }

  #table({ headers, rows, firstRowIsHeader }: TableShape, place: Place): void {
    const inCell = { depth: place.depth + 1, inLine: true };
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

  #record(row: JsonObject, columns: ReadonlyMap<string, { label: string; index: number }>, place: Place): void {
    const last = columns.size;
    Object.entries(row)
      .filter(([key]) => columns.has(key) || !(columns.size > 0 ? isMetadata(key) : key === 'id' || key === '_id'))
      .sort(([a], [b]) => (columns.get(a)?.index ?? last) - (columns.get(b)?.index ?? last))
      .forEach(([key, value]) => this.#cell(value, false, columns.get(key)?.label ?? key, place));
  }

  #cell(value: unknown, isHeaderRow: boolean, label: string | undefined, place: Place): string {
    const node: JsonObject = isObject(value) ? value : {};
    const attributes = isObject(node.attrs) ? node.attrs : node;
    const isHeader =
      isHeaderRow || node.header === true || (typeof node.type === 'string' && /header|^th$/i.test(node.type));
    this.#out.openCell({ isHeader, columns: span(attributes.colspan), rows: span(attributes.rowspan), label });
    this.#value(value, 'text', place);
    return this.#out.closeCell();
  }
}

/** @returns the key by which records name a column, and its title */
function headerOf(header: JsonObject): [key: string, title: unknown] {
  const key = [header.key, header.field, header.id, header.accessor, header.name].find(isScalar);
  const title = [header.label, header.title, header.text, header.header, header.name].find(isScalar);
  const isNode = 'content' in header || 'children' in header;
  return [String(key ?? title ?? ''), title ?? (isNode ? header : key)];
}

/** Of a node's attributes those that are read: the rest are settings. */
function captions(attributes: unknown): unknown {
  if (!isObject(attributes)) return undefined;
  const { alt, label, title, caption } = attributes;
  return [alt ?? label, title, caption].filter((text) => typeof text === 'string').join(' ');
}

function deeper(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}

function span(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 1;
}
