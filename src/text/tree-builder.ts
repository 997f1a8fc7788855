import type { Cell, Item, TreeNode } from './tree.js';

/** Deeper lists continue the one around them: the writer is recursive. */
const MAX_LISTS = 100;

/** By default a cell is no header and spans one column and row. */
export type CellOptions = { readonly [Key in Exclude<keyof Cell, 'text'>]?: Cell[Key] | undefined };

interface OpenList {
  readonly items: (Item & { number: number | null; isDone: boolean | null; readonly content: TreeNode[] })[];
  /** The next item's number; null if items have none */
  next: number | null;
}

/**
 * Builds a tree from texts, boundaries, and the starts and ends of lists and tables. Needs no balanced tags: an item ends at
 * the next item, a cell at the next cell, row or end of the table, and anything left open ends with the tree.
 */
export class TreeBuilder {
  readonly #root: TreeNode[] = [];
  #text = '';
  /** The open heading's level; 0 in a paragraph */
  #level = 0;
  readonly #lists: OpenList[] = [];
  #table: { readonly rows: Cell[][]; readonly parent: TreeNode[] } | undefined;
  #openTables = 0;
  #cell: Omit<Cell, 'text'> | undefined;

  /** How many lists are open */
  get listDepth(): number {
    return this.#lists.length;
  }

  /** Adds text to the open paragraph or heading. */
  text(text: string): void {
    this.#text += text;
  }

  /** Ends the paragraph or heading. */
  boundary(): void {
    if (this.#cell) return this.text('\n');
    const [text, level, rows] = [this.#text, this.#level, this.#table?.rows ?? []];
    this.#text = '';
    this.#level = 0;
    if (!/\S/.test(text)) return;
    // Text between rows is a row; before them it comes before the table.
    if (rows.length > 0) rows.push([{ text, isHeader: false, columns: 1, rows: 1, label: '' }]);
    else this.#target().push({ kind: 'paragraph', text, ...(level > 0 && { level }) });
  }

  /** Begins a heading, which the next boundary ends. */
  heading(level: number): void {
    this.boundary();
    this.#level = level;
  }

  /** @param isLine whether it may be a further line of the code before it */
  code(language: string, text: string, isLine = false): void {
    this.boundary();
    if (this.#cell) return this.text(text);
    const nodes = this.#target();
    const last = nodes.at(-1);
    const above = isLine && last?.kind === 'code' && last.language === language ? `${last.text}\n` : undefined;
    if (above !== undefined) nodes.pop();
    nodes.push({ kind: 'code', language, text: (above ?? '') + text });
  }

  picture(alternative: string, caption: string): void {
    this.boundary();
    if (this.#cell) this.text(`${alternative}\n${caption}`);
    else if (/\S/.test(alternative + caption)) this.#target().push({ kind: 'picture', alternative, caption });
  }

  /** @param start the first item's number; null if items are not numbered */
  openList(start: number | null): void {
    this.boundary();
    if (this.#cell) return;
    const outer = this.#lists.at(-1);
    const list = outer && this.#lists.length >= MAX_LISTS ? outer : { items: [], next: start };
    if (list !== outer) this.#target().push({ kind: 'list', items: list.items });
    this.#lists.push(list);
  }

  /** Closes lists until `depth` are open. */
  closeListsTo(depth: number): void {
    this.boundary();
    if (!this.#cell && depth < this.#lists.length) this.#lists.length = depth;
  }

  /** Opens an item of the list at a depth from 1: each item of a flat list has one, so this opens and closes lists. */
  openItem(depth: number, isOrdered: boolean, number?: number, isDone: boolean | null = null): void {
    if (this.#cell) return this.boundary();
    const at = Math.min(Math.max(Math.trunc(depth) || 1, 1), MAX_LISTS);
    const open = this.#lists[at - 1];
    this.closeListsTo(open && (open.next !== null) === isOrdered ? at : at - 1);
    while (this.#lists.length < at) this.openList(isOrdered && this.#lists.length === at - 1 ? 1 : null);
    const list = this.#lists[at - 1];
    const own = list?.next === null ? null : (number ?? list?.next ?? 1);
    if (list && own !== null) list.next = own + 1;
    list?.items.push({ number: own, isDone, content: [] });
  }

  /** Adds a mark to the open item, or to the text if it is not at the start of an item: its number, or a box to tick. */
  mark(mark: number | boolean): void {
    const item = this.#cell ? undefined : this.#lists.at(-1)?.items.at(-1);
    if (item?.content.length !== 0 || /\S/.test(this.#text))
      this.text(mark === true ? '[x] ' : mark === false ? '[ ] ' : '');
    else if (typeof mark === 'number') item.number = mark;
    else item.isDone = mark;
  }

  openTable(): void {
    this.boundary();
    if (++this.#openTables === 1) this.#table = { rows: [], parent: this.#target() };
  }

  closeTable(): void {
    this.closeCell();
    this.#openTables = Math.max(0, this.#openTables - 1);
    if (this.#openTables > 0 || !this.#table) return;
    this.#table.parent.push({ kind: 'table', rows: this.#table.rows });
    this.#table = undefined;
  }

  openRow(): void {
    this.closeCell();
    if (this.#openTables === 1) this.#table?.rows.push([]);
  }

  openCell({ isHeader = false, columns = 1, rows = 1, column, label }: CellOptions = {}): void {
    this.closeCell();
    if (this.#openTables === 1)
      this.#cell = { isHeader, columns: Math.max(1, columns), rows: Math.max(1, rows), column, label };
  }

  closeCell(): void {
    this.boundary();
    if (this.#openTables !== 1 || !this.#cell || !this.#table) return;
    if (this.#table.rows.length === 0) this.#table.rows.push([]);
    this.#table.rows.at(-1)?.push({ ...this.#cell, text: this.#text });
    this.#cell = undefined;
    this.#text = '';
  }

  end(): readonly TreeNode[] {
    this.boundary();
    while (this.#openTables > 0) this.closeTable();
    return this.#root;
  }

  /** @returns where the next node belongs */
  #target(): TreeNode[] {
    const list = this.#lists.at(-1);
    if (list?.items.length === 0) list.items.push({ number: null, isDone: null, content: [] });
    return list?.items.at(-1)?.content ?? this.#root;
  }
}
