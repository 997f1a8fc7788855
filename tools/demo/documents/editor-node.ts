/**
 * A node of a block editor's document, in the format of ProseMirror and Tiptap, as the API would store it in
 * `blocks.content`.
 */
export interface EditorNode {
  readonly type: string;
  readonly attrs?: Readonly<Record<string, string | number | null>>;
  readonly content?: readonly EditorNode[];
  /** Only in nodes of type `text`. */
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

/** A node with children. Editors omit `content` if there are none. */
export function parentNode(type: string, content: readonly EditorNode[], attrs?: EditorNode['attrs']): EditorNode {
  return { type, ...(attrs && { attrs }), ...(content.length > 0 && { content }) };
}

/** The text of a node as a reader sees it. */
export function plainText({ text, content }: EditorNode): string {
  return text ?? content?.map(plainText).join('') ?? '';
}
