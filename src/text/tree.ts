/**
 * What a block holds, whatever its editor. Readers of Markdown, HTML and JSON make the tree; `write-tree.ts` makes its text.
 * Texts in it are as they were read. Their line ends begin lines; other white space is the writer's concern.
 */
export type TreeNode =
  /** `level`: of a heading, from 1 */
  | { readonly kind: 'paragraph'; readonly text: string; readonly level?: number }
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly Cell[])[] }
  /** `language`: empty if unknown */
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | { readonly kind: 'picture'; readonly alternative: string; readonly caption: string };

/** Its text is one line. Lists and tables within it begin lines of their own. */
export interface Item {
  /** null if the list is not ordered */
  readonly number: number | null;
  /** Whether a task is done; null if the item is no task */
  readonly isDone: boolean | null;
  readonly content: readonly TreeNode[];
}

/** Lists and tables within it are part of its text. */
export interface Cell {
  readonly text: string;
  readonly isHeader: boolean;
  /** How many columns and rows it spans */
  readonly columns: number;
  readonly rows: number;
  /** From 0. By default it follows the cell before it. */
  readonly column?: number | undefined;
  /** Its own header (a record's key). By default it is the column's. */
  readonly label?: string | undefined;
}
