import { CONTENT, PLATFORM, type Editor } from './editors.js';
import { kindOf } from './find-editor.js';
import { htmlText } from './html-scanner.js';
import { fieldAt, fields, isElement, isMetadataValue, isObject, stringLeaves, type JsonObject } from './json-fields.js';
import { isInline } from './node-kinds.js';

/** Keys of objects that hold fields of a node, beside the node itself and its payload. */
const HOLDERS = ['attrs', 'props', 'data', 'attributes', 'fields', 'meta'];
/** Of a mention, a date or a formula, a reader sees the first of these fields that has text. */
const VISIBLE =
  `plain_text text label value name title displayName display_name fullName username user character mentionName
  content expression latex tex teX texExpression katex formula equation math emoji date dateTime datetime start timestamp
  shortName symbol`.split(/\s+/);

const ALTERNATIVE = `alt altText alternativeText image.alternativeText image.alt value.alt asset.altText title`.split(
  ' ',
);
/** Fields of Quill and Tiptap with the sign before a mention. */
const SIGNS = ['denotationChar', 'mentionSuggestionChar'];
/** Fields of a node of unknown type that come before and after the others, and are text in its attributes, too. */
const FIRST = ['title', 'heading', 'question', 'summary', 'label', 'name', 'fileName', 'alt', 'mediaAlt'];
const BODY = ['text', 'content', 'value', 'description', 'body'];
const LAST = ['caption', 'citation', 'attribution'];
/** Deeper values are not text that a reader sees within a line. */
const MAX_DEPTH = 50;

/** @returns the first wanted value under these keys, in a node's payload, in the node, or in its attributes */
export function findField(node: JsonObject, paths: string[], editor: Editor, is: (value: unknown) => boolean): unknown {
  const payload = payloadOf(node, editor);
  const sources = payload === node ? [node] : [payload, node];
  for (const base of [...sources]) for (const key of HOLDERS) if (isObject(base[key])) sources.push(base[key]);
  for (const path of paths) for (const source of sources) if (is(fieldAt(source, path))) return fieldAt(source, path);
  return undefined;
}

/** @returns a field of a node's payload, of the node or of its attributes; undefined if it is null */
export function fieldOf(node: JsonObject, path: string, editor = PLATFORM): unknown {
  return findField(node, [path], editor, (value) => value !== undefined && value !== null);
}

/** @returns the first of these fields that is a string with text; empty if there is none */
export function stringOf(node: JsonObject, keys: string[], editor = PLATFORM): string {
  const text = findField(node, keys, editor, (value) => typeof value === 'string' && value.trim() !== '');
  return typeof text === 'string' ? text : '';
}

/** @returns the object that holds a node's fields */
function payloadOf(node: JsonObject, editor = PLATFORM): JsonObject {
  const key = editor.payload === '*' ? node.type : editor.payload;
  const payload = typeof key === 'string' ? node[key] : undefined;
  return isObject(payload) ? payload : node;
}

/** @returns the string, runs or children under a key of content */
export function contentOf(node: JsonObject, key: string, editor = PLATFORM): unknown {
  return payloadOf(node, editor)[key] ?? node[key];
}

/** @returns the first array under these keys of content */
export function arrayOf(node: JsonObject, keys: readonly string[], editor = PLATFORM): readonly unknown[] | undefined {
  return keys.map((key) => contentOf(node, key, editor)).find((value) => Array.isArray(value));
}

/** @returns the fields of a node of unknown type that may hold text, in the order of reading */
export function unknownFields(node: JsonObject, editor: Editor): ReturnType<typeof fields>['own'] {
  const payload = editor.payload === 'attributes' ? {} : payloadOf(node, editor);
  const attributes = HOLDERS.flatMap((key) => [node[key], payload[key]]).filter(isObject);
  const seen = attributes.flatMap(Object.entries).filter(([key]) => [...FIRST, ...BODY, ...LAST].includes(key));
  const { own, children } = fields({ ...Object.fromEntries(seen), ...node, ...payload });
  const notText = [...HOLDERS, ...(editor.type ?? [])];
  const rank = (key: string) => (FIRST.includes(key) ? 0 : LAST.includes(key) ? 2 : 1);
  const isKept = ([key, value]: (typeof own)[number]) =>
    !notText.includes(key) && value !== payload && !(key === 'value' && isMetadataValue(value));
  return [...own, ...children].filter(isKept).sort(([a], [b]) => rank(a) - rank(b));
}

/** @returns the alternative text of a picture, or else its title, and its caption; empty if there is none */
export function pictureText(node: JsonObject, editor = PLATFORM): [alternative: string, caption: string] {
  const caption = fieldOf(node, 'caption', editor) ?? fieldOf(node, 'image.caption', editor);
  const text = typeof caption === 'string' && isElement(caption) ? htmlText(caption) : plainText(caption, editor);
  return [stringOf(node, ALTERNATIVE, editor), node.showCaption === false ? '' : text];
}

/** @returns the text of an insertion of a delta. A formula or mention is an object, or the attribute of a placeholder. */
export function insertionText({ insert, attributes }: JsonObject): string {
  const format = isObject(attributes) ? attributes : {};
  if (typeof format.formula === 'string') return format.formula;
  if (isObject(format.mention)) return atomText(format.mention);
  if (!isObject(insert)) return typeof insert === 'string' ? insert : '';
  const [[key, value] = ['', undefined]] = Object.entries(insert);
  if (/^(?:soft)?break$/i.test(key)) return '\n';
  // The value of a file is its address.
  if (['image', 'video', 'audio', 'file', 'iframe', 'embed'].includes(key)) return stringOf(format, ['alt']);
  return isObject(value) ? atomText(value) : typeof value === 'string' && !isMetadataValue(value) ? value : '';
}

/** @returns what a reader sees of a node that is a piece of a line: a mention's name, a date, a formula */
export function atomText(node: JsonObject, editor = PLATFORM, depth = 0): string {
  for (const key of VISIBLE) {
    const value = fieldOf(node, key, editor);
    const isText = typeof value === 'string' || typeof value === 'number';
    const text = isObject(value) && depth < 3 ? atomText(value, editor, depth + 1) : isText ? String(value) : '';
    if (text.trim() === '') continue;
    if (key === 'start' && typeof node.end === 'string') return `${timeText(key, text)} → ${timeText(key, node.end)}`;
    const sign = /^(?:label|value)$/.test(key) ? stringOf(node, SIGNS, editor) : '';
    return text.startsWith(sign) ? timeText(key, text) : sign + text;
  }
  const leaf = stringLeaves(payloadOf(node, editor)).find((text) => text.trim() !== '' && !isMetadataValue(text));
  // Tiptap shows the id of a mention that has no label.
  const id = isObject(node.attrs) ? node.attrs.id : undefined;
  return leaf ?? (typeof id === 'string' && /^\p{L}+(?: \p{L}+)*$/u.test(id) ? id : '');
}

/** A time as a reader sees it: the date, with hours and minutes if it has any. Other values are unchanged. */
function timeText(key: string, value: string): string {
  if (!/date|time|start/i.test(key)) return value;
  if (/^\d{12,13}$/.test(value)) return new Date(Number(value)).toISOString().slice(0, 10);
  const [, date, time = ''] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(value) ?? [];
  return date === undefined ? value : time === '00:00' ? date : `${date} ${time}`;
}

/** @returns the text of a value, with a line end between blocks: for pieces of lines, captions and code */
export function plainText(value: unknown, editor: Editor, depth = 0): string {
  if (typeof value === 'string') return editor.strings === 'html' ? htmlText(value) : value;
  if (typeof value === 'number') return String(value);
  if (depth > MAX_DEPTH) return stringLeaves(value).join(' ');
  if (Array.isArray(value)) return value.map((item, index) => runText(item, index, editor, depth)).join('');
  if (!isObject(value)) return '';
  if ('insert' in value) return insertionText(value);
  const kind = kindOf(value, editor);
  if (kind === 'break' || kind === 'nothing') return kind === 'break' ? '\n' : '';
  if (kind === 'picture') return pictureText(value, editor).filter(Boolean).join('\n');
  if (kind === 'atom' || kind === 'formula') return atomText(value, editor);
  if (kind === 'text') {
    const texts = [value.plain_text, value.text, value.value, fieldOf(value, 'content', editor)];
    return texts.find((text) => typeof text === 'string') ?? atomText(value, editor);
  }
  const texts = CONTENT.map((key) => plainText(contentOf(value, key, editor), editor, depth + 1));
  const text = texts.filter(Boolean).join('\n');
  return text === '' && kind === undefined ? atomText(value, editor) : text;
}

function runText(value: unknown, index: number, editor: Editor, depth: number): string {
  const kind = kindOf(value, editor);
  const isBlock = kind !== undefined && !isInline(kind) && kind !== 'formula' && kind !== 'picture';
  return (isBlock && index > 0 ? '\n' : '') + plainText(value, editor, depth + 1);
}
