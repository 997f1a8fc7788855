import type { Token } from 'markdown-it';
import { textNode, type EditorNode, type Mark } from './editor-node.js';

const MARKS: Readonly<Record<string, Mark['type']>> = {
  strong_open: 'bold',
  em_open: 'italic',
  s_open: 'strike',
};

/** The text nodes of a line of Markdown, without HTML and images, most of which are badges. */
export function inlineNodes(tokens: readonly Token[]): EditorNode[] {
  const nodes: EditorNode[] = [];
  let marks: readonly Mark[] = [];
  for (const token of tokens) {
    if (token.nesting === 1) marks = [...marks, markOf(token)];
    else if (token.nesting === -1) marks = marks.slice(0, -1);
    else if (token.type === 'code_inline') nodes.push(textNode(token.content, [...marks, { type: 'code' }]));
    else if (token.type === 'hardbreak') nodes.push({ type: 'hardBreak' });
    else if (token.type === 'softbreak') nodes.push(textNode(' ', marks));
    else if (token.type === 'text' && token.content !== '') nodes.push(textNode(token.content, marks));
  }
  return nodes.some(isWord) ? joined(nodes) : [];
}

function markOf(token: Token): Mark {
  const type = MARKS[token.type];
  return type === undefined ? { type: 'link', attrs: { href: String(token.attrGet('href') ?? '') } } : { type };
}

/** A row of badges leaves only spaces and dots, which are no words. */
function isWord({ text }: EditorNode): boolean {
  return text !== undefined && /[\p{L}\p{N}]/u.test(text);
}

/** Joins adjacent nodes with the same marks, as editors do. */
function joined(nodes: readonly EditorNode[]): EditorNode[] {
  const result: EditorNode[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (last?.text !== undefined && node.text !== undefined && sameMarks(last, node)) {
      result[result.length - 1] = textNode(last.text + node.text, node.marks);
    } else {
      result.push(node);
    }
  }
  return result;
}

function sameMarks(a: EditorNode, b: EditorNode): boolean {
  return JSON.stringify(a.marks) === JSON.stringify(b.marks);
}
