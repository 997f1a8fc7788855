import MarkdownIt from 'markdown-it';
import { parentNode, plainText, textNode, type EditorNode } from './editor-node.js';
import { inlineNodes } from './inline.js';
import { tokenTree, type Branch } from './token-tree.js';

export interface ImportedBlock {
  /** `block_type`: paragraph, heading, list, table, code, mermaid or quote. */
  readonly type: string;
  readonly content: EditorNode;
}

export interface ImportedDocument {
  /** The heading of level 1, if the document begins with one. */
  readonly title: string | undefined;
  readonly blocks: readonly ImportedBlock[];
}

/** Longer lists, tables and code in a README become several blocks, because nobody writes such long ones in an editor. */
const MAX_ITEMS = 12;
const MAX_ROWS = 12;
const MAX_CODE_LINES = 40;

const markdown = new MarkdownIt({ html: true });

/**
 * Splits Markdown into blocks as an editor would: one for each CommonMark block or GitHub table, with the editor's nodes as
 * content. Omits HTML, rules, badges and tables of contents.
 */
export function importMarkdown(source: string): ImportedDocument {
  const blocks = tokenTree(markdown.parse(source, {})).flatMap(importBranch);
  const [first, ...rest] = blocks;
  if (first?.type !== 'heading' || first.content.attrs?.['level'] !== 1) return { title: undefined, blocks };
  return { title: plainText(first.content).trim(), blocks: rest };
}

function importBranch(branch: Branch): ImportedBlock[] {
  if (isTableOfContents(branch)) return [];
  return editorNodes(branch).map((content) => ({ type: blockType(content), content }));
}

const BLOCK_TYPES: Readonly<Record<string, string>> = {
  paragraph: 'paragraph',
  heading: 'heading',
  bulletList: 'list',
  orderedList: 'list',
  table: 'table',
  codeBlock: 'code',
  blockquote: 'quote',
};

function blockType({ type, attrs }: EditorNode): string {
  return type === 'codeBlock' && attrs?.['language'] === 'mermaid' ? 'mermaid' : (BLOCK_TYPES[type] ?? type);
}

/** @returns no node for what is omitted, several for what is too long for one block */
function editorNodes(branch: Branch): EditorNode[] {
  const { token } = branch;
  switch (token.type) {
    case 'heading_open':
      return withContent(parentNode('heading', inlineOf(branch), { level: Number(token.tag.slice(1)) }));
    case 'paragraph_open':
      return withContent(parentNode('paragraph', inlineOf(branch)));
    case 'blockquote_open':
      return withContent(parentNode('blockquote', branch.children.flatMap(editorNodes)));
    case 'bullet_list_open':
      return portions(itemsOf(branch), MAX_ITEMS).map((items) => parentNode('bulletList', items));
    case 'ordered_list_open': {
      const start = Number(token.attrGet('start') ?? 1);
      return portions(itemsOf(branch), MAX_ITEMS).map((items, i) =>
        parentNode('orderedList', items, { start: start + i * MAX_ITEMS }),
      );
    }
    case 'table_open':
      return tables(branch);
    case 'fence':
    case 'code_block':
      return codeBlocks(token.content, token.info.trim().split(/[\s{]/)[0] ?? '');
    default:
      return [];
  }
}

function withContent(node: EditorNode): EditorNode[] {
  return node.content === undefined ? [] : [node];
}

/** The nodes of the text in a heading, paragraph or cell. */
function inlineOf({ children }: Branch): EditorNode[] {
  return children.flatMap(({ token }) => inlineNodes(token.children ?? []));
}

function itemsOf({ children }: Branch): EditorNode[] {
  return children.flatMap((item) => withContent(parentNode('listItem', item.children.flatMap(editorNodes))));
}

function tables({ children }: Branch): EditorNode[] {
  const rows = children.flatMap((section) => section.children);
  const isHeader = (row: Branch) => row.children.every(({ token }) => token.type === 'th_open');
  const header = rows.filter(isHeader).map(rowNode);
  const body = rows.filter((row) => !isHeader(row)).map(rowNode);
  return portions(body, MAX_ROWS).map((some) => parentNode('table', [...header, ...some]));
}

function rowNode({ children }: Branch): EditorNode {
  const cells = children.map((cell) =>
    parentNode(cell.token.type === 'th_open' ? 'tableHeader' : 'tableCell', [parentNode('paragraph', inlineOf(cell))]),
  );
  return parentNode('tableRow', cells);
}

function codeBlocks(code: string, language: string): EditorNode[] {
  const lines = code.trimEnd().split('\n');
  if (lines.join('') === '') return [];
  // Half a diagram makes no sense.
  const parts = language === 'mermaid' ? [lines] : portions(lines, MAX_CODE_LINES);
  return parts.map((part) =>
    parentNode('codeBlock', [textNode(part.join('\n'))], { language: language === '' ? null : language }),
  );
}

function portions<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Whether this is a list that contains only links into the same document. */
function isTableOfContents({ token, children }: Branch): boolean {
  if (token.type !== 'bullet_list_open' && token.type !== 'ordered_list_open') return false;
  const texts = children.flatMap((item) => leaves(item)).filter((node) => node.text?.trim() !== '');
  return texts.length > 0 && texts.every(({ marks }) => marks?.some(({ attrs }) => attrs?.href.startsWith('#')));
}

/** The text nodes below a branch. */
function leaves({ token, children }: Branch): EditorNode[] {
  return [...inlineNodes(token.children ?? []), ...children.flatMap(leaves)];
}
