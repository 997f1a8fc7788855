import type { Kind } from './node-kinds.js';

/** How the JSON of an editor is read. docs/editors.md shows how to add one. */
export interface Editor {
  readonly name: string;
  /** What tells its JSON: keys that an object has together, with what is under them: `a[]`, `a{}`, `a""`, `a=b`. */
  readonly signs: readonly string[];
  /** Keys that name a node's kind; the first with a known name decides. By default `type`. */
  readonly type?: readonly string[];
  /** Key of the object that holds a node's fields; `*` is the node's type. By default the node holds them. */
  readonly payload?: string;
  /** By default strings are plain text. `markup` is Markdown or HTML. */
  readonly strings?: 'html' | 'markup';
  /** Key of an item's level, if lists are flat. */
  readonly level?: string;
  /** Key of a block's position, if blocks are the values of an object. */
  readonly order?: string;
  /** Names of types, beside those in `KINDS` or instead of them. */
  readonly kinds?: Partial<Readonly<Record<Kind, string>>>;
}

/** JSON of the platform or of unknown shape. Its types have no meaning, except those of runs. */
export const PLATFORM: Editor = { name: 'platform', signs: [], strings: 'markup' };

/** Keys of texts, runs and children in any editor, in the order of reading. */
export const CONTENT =
  `root editorState document blocks results ops delta rich_text text content items value values summary body
  children nodes leaves runs segments fragments elements innerHTML innerBlocks cols html citation caption`.split(/\s+/);

/** Types of items that are named as lists */
const LIST_ITEMS = { item: 'bulletedlist', 'ordered item': 'numberedlist', 'task item': 'todolist' };

/** The first editor with a sign that an object bears reads it and what it contains. */
export const EDITORS: readonly Editor[] = [
  { name: 'Quill', signs: ['ops[]', 'insert'] },
  {
    name: 'Portable Text',
    signs: ['_type""'],
    type: ['listItem', 'style', '_type'],
    level: 'level',
    kinds: { block: 'block', item: 'bullet', 'ordered item': 'number', 'task item': 'checkbox', nothing: 'break' },
  },
  { name: 'Notion', signs: ['type"" *{}', 'rich_text[]', 'plain_text""', 'object"" results[]'], payload: '*' },
  { name: 'Lexical', signs: ['root{}', 'editorState{}', 'type"" version children[]', 'type"" version text""'] },
  {
    name: 'Draft.js',
    signs: ['blocks[] entityMap', 'inlineStyleRanges[]', 'entityRanges[]'],
    level: 'depth',
    kinds: { block: 'unstyled atomic', 'code line': 'codeblock' },
  },
  { name: 'Prismic', signs: ['type"" text"" spans[]'], kinds: { 'ordered item': 'olistitem' } },
  {
    name: 'Gutenberg',
    signs: ['blockName innerHTML""', 'name"" attributes{} innerBlocks[]'],
    type: ['blockName', 'name'],
    payload: 'attributes',
    strings: 'html',
  },
  { name: 'Yoopta', signs: ['type"" value[] meta{}'], level: 'depth', order: 'order', kinds: LIST_ITEMS },
  {
    name: 'AppFlowy',
    signs: ['document{}', 'data.delta[]', 'type"" data{} children[]'],
    payload: 'data',
    kinds: LIST_ITEMS,
  },
  { name: 'Editor.js', signs: ['type"" data{}', 'blocks.0.data{}', 'blocks[] time'], payload: 'data', strings: 'html' },
  { name: 'Contentful', signs: ['nodeType""'], type: ['nodeType'] },
  { name: 'BlockNote', signs: ['type"" props{}'] },
  {
    name: 'Slate and Plate',
    signs: ['type"" children.0{}', 'text"" bold', 'text"" italic', 'text"" marks[]'],
    type: ['listStyleType', 'type'],
    level: 'indent',
    kinds: {
      item: 'disc circle square',
      'ordered item': 'decimal decimalleadingzero loweralpha lowerlatin lowerroman upperalpha upperlatin upperroman',
    },
  },
  {
    name: 'ProseMirror, Tiptap and ADF',
    signs: ['type"" content.0{}', 'type"" attrs{}', 'type"" nodes[]', 'type=text text""'],
    kinds: { nothing: 'placeholder inlineextension' },
  },
];
