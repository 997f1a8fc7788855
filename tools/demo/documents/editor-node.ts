/**
 * A node of a block editor's document, in the shape of ProseMirror and Tiptap: what the API would store in
 * `blocks.content`.
 */
export interface EditorNode {
  readonly type: string;
  readonly attrs?: Readonly<Record<string, string | number | null>>;
  readonly content?: readonly EditorNode[];
  /** Of `text` nodes only. */
  readonly text?: string;
  readonly marks?: readonly Mark[];
}

export interface Mark {
  readonly type: 'bold' | 'italic' | 'strike' | 'code' | 'link';
  readonly attrs?: { readonly href: string };
}

export function textNode(text: string, marks: readonly Mark[] = []): EditorNode {
  return { type: 'text', text, ...(marks.length > 0 && { marks }) };
}

/** A node that holds others, or nothing: editors leave `content` out then. */
export function parentNode(type: string, content: readonly EditorNode[], attrs?: EditorNode['attrs']): EditorNode {
  return { type, ...(attrs && { attrs }), ...(content.length > 0 && { content }) };
}

/** The text that a node holds, as a reader sees it. */
export function plainText({ text, content }: EditorNode): string {
  return text ?? content?.map(plainText).join('') ?? '';
}
