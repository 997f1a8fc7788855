import { readDelta } from './delta-reader.js';
import { CONTENT, PLATFORM, type Editor } from './editors.js';
import { editorOf, kindOf } from './find-editor.js';
import { htmlText } from './html-scanner.js';
import { fieldAt, fields, isObject, isScalar, isTextKey, stringLeaves } from './json-fields.js';
import { isElement, jsonIn, type JsonObject } from './json-fields.js';
import type { MarkupReader } from './markup-reader.js';
import { isInline, type Kind } from './node-kinds.js';
import { itemNumber, levelOf, listKind, rowsOf, stateOf, type ListKind, type Row } from './node-structure.js';
import { arrayOf, atomText, contentOf, fieldOf, pictureText, plainText, stringOf, unknownFields } from './node-text.js';
import { platformRows, platformTable } from './platform-shapes.js';
import { readHtml } from './read-html.js';
import type { TreeBuilder } from './tree-builder.js';

/** No document nests deeper. Of deeper values only the strings are kept, which needs no recursion. */
const MAX_DEPTH = 100;
/** Names for the language of a text that is no program. */
const NO_LANGUAGE = /^(?:plain(?:[ _-]?text)?|none|auto)$/i;
/** What stands for something that is no text: white space or a pictogram. */
const PLACEHOLDER = /^[\s\ufffc\u{1f300}-\u{1faff}]{1,100}$/u;

interface Context {
  readonly depth: number;
  readonly editor: Editor;
  /** Within a list item or table cell, where strings are pieces of a line */
  readonly inLine: boolean;
  /** Within an item: its list. Children are lists of the same kind. */
  readonly list?: ListKind | undefined;
}

/** Reads a JSON value of any shape: an editor's by the editor's table; of others lists, tables, and strings in order. */
export class JsonReader {
  readonly #blockType: string;
  readonly #markup: MarkupReader;
  readonly #out: TreeBuilder;
  /** What blocks of Draft.js refer to by key */
  #entityMap: unknown;

  constructor(blockType: string, markup: MarkupReader, out: TreeBuilder) {
    this.#blockType = blockType;
    this.#markup = markup;
    this.#out = out;
  }

  block(value: unknown): void {
    const context = { depth: 0, inLine: false, editor: PLATFORM };
    const rows = Array.isArray(value) && editorOf(value) === PLATFORM ? (value as unknown[]) : undefined;
    const list = { start: kindOf(rows?.[0], PLATFORM) === 'ordered item' ? 1 : null, isTask: false };
    if (isScalar(value)) this.#markup.block(String(value));
    else if (rows && this.#blockType === 'list') this.#list(rows, list, context);
    else if (rows && this.#blockType === 'table') this.#rows(platformRows(rows), context);
    else this.#value(value, 'content', context);
  }

  #value(value: unknown, key: string, context: Context): void {
    const { depth, inLine } = context;
    if (typeof value === 'string') {
      const isHtml = /html$/i.test(key) || (key !== 'text' && key !== 'value' && isElement(value));
      const { strings = key === 'markdown' ? 'markup' : isHtml ? 'html' : 'plain' } = context.editor;
      const json = strings === 'markup' ? jsonIn(value) : undefined;
      if (editorOf(json) !== PLATFORM && depth < MAX_DEPTH) this.#value(json, key, { ...context, depth: depth + 1 });
      else if (strings === 'html') readHtml(value, this.#out);
      else if (strings === 'plain') this.#out.text(value);
      else if (inLine) this.#markup.inline(value);
      else this.#markup.block(value);
    } else if (isScalar(value)) {
      if (isTextKey(key)) this.#out.text(String(value));
    } else if (depth >= MAX_DEPTH) {
      for (const leaf of stringLeaves(value)) this.#out.text(`\n${leaf}\n`);
    } else {
      const editor = context.editor === PLATFORM ? editorOf(value) : context.editor;
      const nodes = Array.isArray(value) ? value : isObject(value) ? blocksOf(value, editor) : [];
      this.#sequence(nodes, key, { ...context, editor, depth: depth + 1 });
    }
  }

  /** Nodes one after another. Each is a line, unless it is a piece of one. Items without a list form lists by their levels. */
  #sequence(nodes: readonly unknown[], key: string, context: Context): void {
    const { editor } = context;
    if (nodes.some((node) => isObject(node) && 'insert' in node)) return readDelta(nodes, this.#out);
    const kinds = nodes.map((node) => kindIn(node, key, editor));
    const isTable = kinds.length > 0 && kinds.every((kind) => kind === 'row');
    if (isTable) return this.#rows(rowsOf({ rows: nodes }, editor), context);
    const isLine = editor !== PLATFORM && kinds.some((kind) => isInline(kind) && kind !== 'break');
    const lists = this.#out.listDepth;
    let firstLevel: number | undefined;
    nodes.forEach((node, index) => {
      const kind = kinds[index];
      const mayBePiece = kind === undefined || kind === 'formula' || kind === 'picture' || kind === 'nothing';
      if (isInline(kind) || (isLine && mayBePiece)) return this.#out.text(plainText(node, editor));
      if (isObject(node) && kind?.endsWith('item')) {
        const level = editor.level === undefined ? 0 : Number(fieldOf(node, editor.level, editor) ?? 0);
        firstLevel = Math.min(firstLevel ?? level, level);
        const number = kind === 'ordered item' ? itemNumber(node, editor) : undefined;
        const isDone = stateOf(node, kind === 'task item', editor);
        this.#out.openItem(lists + 1 + level - firstLevel, kind === 'ordered item', number, isDone);
        return this.#content(node, context);
      }
      this.#out.closeListsTo(lists);
      firstLevel = undefined;
      if (isObject(node)) this.#node(node, kind, context);
      else this.#value(node, key, context);
      this.#out.boundary();
    });
    this.#out.closeListsTo(lists);
  }

  #node(node: JsonObject, kind: Kind | undefined, context: Context): void {
    const { editor } = context;
    const isTyped = (editor.type ?? ['type']).some((key) => typeof node[key] === 'string');
    if (kind === 'code' || kind === 'code line') return this.#code(node, kind === 'code line', context);
    if (typeof node.innerHTML === 'string') return readHtml(blockHtml(node), this.#out);
    const items = kind?.endsWith('list') === true ? (arrayOf(node, CONTENT, editor) ?? []) : [];
    if (items.length > 0) return this.#list(items, listKind(node, kind, editor), context);
    switch (kind) {
      case 'nothing':
        return;
      case 'heading':
        this.#out.heading(levelOf(node, editor));
        break;
      case 'table':
        this.#rows(rowsOf(node, editor), context);
        return this.#value(fieldOf(node, 'caption', editor), 'caption', context);
      case 'picture':
        this.#out.picture(...pictureText(node, editor));
        return this.#content(node, context, ['text', 'caption', 'value']);
      case 'formula':
        return this.#out.text(atomText(node, editor));
      case undefined:
        if (isTyped || editor === PLATFORM) return this.#object(node, context);
        if (platformTable(node, false) || !CONTENT.some((key) => contentOf(node, key, editor) !== undefined))
          return this.#object(node, { ...context, editor: PLATFORM });
        break;
      default:
    }
    this.#content(node, context);
  }

  /** Text, runs and children, each with lines of its own. */
  #content(node: JsonObject, context: Context, skipped: readonly string[] = []): void {
    const { editor, list } = context;
    if ('entityMap' in node) this.#entityMap = node.entityMap;
    for (const key of CONTENT) {
      const value = contentOf(node, key, editor);
      if (skipped.includes(key) || (typeof value !== 'string' && typeof value !== 'object')) continue;
      if (list && key === 'items' && Array.isArray(value)) this.#list(value, list, context);
      else if (key === 'text' && 'entityRanges' in node) this.#value(withEntities(node, this.#entityMap), key, context);
      else this.#value(value, key, { ...context, list: undefined });
      this.#out.boundary();
    }
  }

  #list(items: readonly unknown[], { start, isTask }: ListKind, context: Context): void {
    const { editor } = context;
    const list = { start: start === null ? null : 1, isTask };
    const inItem = { ...context, depth: context.depth + 1, inLine: true, list };
    const depth = this.#out.listDepth;
    this.#out.openList(start);
    for (const item of items) {
      const kind = kindIn(item, 'items', editor);
      const node = isObject(item) && editor !== PLATFORM ? item : undefined;
      if (Array.isArray(item) && inItem.depth < MAX_DEPTH) this.#list(item, list, inItem);
      else if (kind?.endsWith('list')) this.#value(item, 'text', { ...inItem, list: undefined });
      else {
        const isDone = isObject(item) ? stateOf(item, isTask, editor) : isTask ? false : null;
        this.#out.openItem(this.#out.listDepth, start !== null, node && itemNumber(node, editor), isDone);
        const isItem = kind === undefined || kind === 'text' || kind.endsWith('item');
        if (node && isItem && inItem.depth < MAX_DEPTH) this.#content(node, inItem);
        else this.#value(item, 'text', inItem);
      }
    }
    this.#out.closeListsTo(depth);
  }

  #rows(rows: readonly Row[], context: Context): void {
    this.#out.openTable();
    for (const cells of rows) {
      this.#out.openRow();
      for (const { value, ...cell } of cells) {
        this.#out.openCell(cell);
        this.#value(value, 'text', { ...context, depth: context.depth + 1, inLine: true, list: undefined });
      }
    }
    this.#out.closeTable();
  }

  #code(node: JsonObject, isLine: boolean, context: Context): void {
    const { editor } = context;
    const name = stringOf(node, ['language', 'lang', 'params', 'syntax', 'codeLanguage'], editor);
    const own = typeof node.innerHTML === 'string' ? htmlText(node.innerHTML).trim() : fieldOf(node, 'code', editor);
    const pieces = CONTENT.map((key) => (key === 'caption' ? '' : plainText(contentOf(node, key, editor), editor)));
    const text = typeof own === 'string' ? own : pieces.filter(Boolean).join('\n');
    this.#out.code(NO_LANGUAGE.test(name) ? '' : name, text, isLine);
    this.#value(fieldOf(node, 'caption', editor), 'caption', context);
  }

  /** An object of the platform or of unknown shape, or a node of an unknown type. */
  #object(object: JsonObject, context: Context): void {
    const { editor, inLine, list } = context;
    const isOwn = editor === PLATFORM;
    const table = isOwn ? platformTable(object, this.#blockType === 'table' && !inLine) : undefined;
    const isList = typeof object.type === 'string' && /list$|^[uo]l$/i.test(object.type);
    const items = isOwn ? arrayOf(object, isList ? ['items', 'content', 'children'] : ['items']) : undefined;
    const { own, children } = isOwn ? fields(object) : { own: unknownFields(object, editor), children: [] };
    for (const [key, value] of own) {
      if (value === items || table?.[1].includes(value)) continue;
      this.#value(value, key, context);
      if (children.length > 0 || own.length > 1) this.#out.boundary();
    }
    if (table) return this.#rows(table[0], context);
    const listOf = (values: readonly unknown[]) =>
      this.#list(values, listKind(object, undefined, editor, list), context);
    if (items) listOf(items);
    for (const [key, value] of children) {
      if (value === items) continue;
      // Children of an item with its own text are items, too. Otherwise they are its text.
      if (Array.isArray(value) && isOwn && (key !== 'children' || (list && own.length > 0))) listOf(value);
      else this.#value(value, key, context);
    }
  }
}

/** The blocks of Yoopta are the values of an object. Each one's element is in an array. */
function blocksOf(value: JsonObject, editor: Editor): readonly unknown[] {
  const { order } = editor;
  if (order === undefined || 'children' in value) return [value];
  const blocks = ('meta' in value ? [value] : Object.values(value)).filter(isObject);
  const position = (block: JsonObject) => Number(fieldOf(block, order, editor) ?? 0);
  return blocks
    .sort((a, b) => position(a) - position(b))
    .map((block) => ({ ...(arrayOf(block, ['value'])?.[0] as object | undefined), meta: block.meta }));
}

/** Slate's leaves (in `children`) have no type, only a text. */
function kindIn(node: unknown, key: string, editor: Editor): Kind | undefined {
  const kind = kindOf(node, editor);
  if (kind === 'text' && isObject(node) && !('type' in node || CONTENT.includes(key))) return undefined;
  if (editor !== PLATFORM || isInline(kind) || !isObject(node)) return kind;
  const isLeaf = key === 'children' && !('type' in node || arrayOf(node, ['children'])?.[0] !== undefined);
  return isLeaf && typeof node.text === 'string' ? 'text' : undefined;
}

/** @returns the HTML of a parsed block of Gutenberg: its pieces, and an inner block wherever there is null between them */
function blockHtml({ innerHTML, innerContent, innerBlocks }: JsonObject, depth = 0): string {
  const blocks = depth < MAX_DEPTH && Array.isArray(innerBlocks) ? innerBlocks.filter(isObject) : [];
  const inner = blocks.map((block) => blockHtml(block, depth + 1));
  const pieces: unknown[] = inner.length > 0 && Array.isArray(innerContent) ? innerContent : [innerHTML];
  let used = 0;
  return [...pieces.map((piece) => (typeof piece === 'string' ? piece : inner[used++])), ...inner.slice(used)].join('');
}

/** @returns the runs of a block of Draft.js, and the nodes for which it has placeholders, such as pictures and formulas */
function withEntities({ text, entityRanges }: JsonObject, entityMap: unknown): readonly JsonObject[] {
  const ranges = Array.isArray(entityRanges) ? entityRanges.filter(isObject) : [];
  const nodes: JsonObject[] = [];
  let at = 0; // in UTF-16 code units, as JavaScript counts
  for (const { offset, length, key } of ranges.sort((a, b) => Number(a.offset) - Number(b.offset))) {
    const [start, end] = [Number(offset), Number(offset) + Number(length)];
    const entity = fieldAt(entityMap, String(key));
    const isPlaceholder = start >= at && PLACEHOLDER.test(String(text).slice(start, end));
    if (!isObject(entity) || entity.type === 'LINK' || !isPlaceholder) continue;
    nodes.push({ text: String(text).slice(at, start) }, { ...(entity.data as object | undefined), type: entity.type });
    at = end;
  }
  return [...nodes, { text: String(text).slice(at) }];
}
