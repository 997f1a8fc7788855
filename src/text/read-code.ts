import { removeInvisible } from '../base/characters.js';
import { htmlText } from './html-scanner.js';
import { isObject, stringLeaves, type JsonObject } from './json-fields.js';
import { stringOf } from './node-text.js';
import type { TreeNode } from './tree.js';

type Code = Extract<TreeNode, { kind: 'code' }>;

/** Reads the code of a block that is code as a whole: text, or JSON of the platform or of unknown shape. */
export function readCode(content: string, json: unknown, format: 'text' | 'json'): Code {
  if (format === 'json') return jsonCode(json === undefined ? content : json);
  // A text column with JSON holds JSON code, unless the object has the fields of a code block and no others.
  const keys = ['code', 'content', 'id', 'lang', 'language', 'source', 'text', 'type'];
  const isCodeBlock = isObject(json) && ('language' in json || 'lang' in json) && bodyOf(json) !== undefined;
  return isCodeBlock && Object.keys(json).every((key) => keys.includes(key)) ? jsonCode(json) : unwrapCode(content);
}

function jsonCode(value: unknown): Code {
  if (!isObject(value)) return unwrapCode(joined(value));
  const object = isObject(value.data) ? value.data : value;
  const { language, text } = unwrapCode(joined(bodyOf(object) ?? object));
  return { kind: 'code', language: stringOf(object, ['language', 'lang', 'syntax']) || language, text };
}

function bodyOf(object: JsonObject): unknown {
  const bodies = [object.code, object.content, object.text, object.source, object.value];
  return bodies.find((value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0));
}

/** Strings in an array are lines. Nodes are the pieces of one text. */
function joined(value: unknown): string {
  const isLines = Array.isArray(value) && value.every((line) => typeof line === 'string');
  return stringLeaves(value).join(isLines || isObject(value) ? '\n' : '');
}

/** Returns the code within a text that is one Markdown fence or one HTML code element; any other text unchanged. */
function unwrapCode(text: string): Code {
  return fencedCode(text) ?? htmlCode(text) ?? { kind: 'code', language: '', text };
}

const FENCE = /^(`{3,}(?=[^`\n]*\n)|~{3,})[ \t]*\{?\.?([^\s{}]*).*\n([^]*)$/;

function fencedCode(text: string): Code | undefined {
  const [, fence = '', language = '', body = ''] = FENCE.exec(removeInvisible(text).trim()) ?? [];
  const lines = body.split('\n');
  const end = lines.findIndex((line) => line.trim().startsWith(fence) && /^(.)\1*$/.test(line.trim()));
  if (!fence || end !== lines.length - 1) return undefined;
  return { kind: 'code', language, text: lines.slice(0, end).join('\n') };
}

/** Tiptap ends a document with an empty paragraph. */
const HTML_CODE = /^\s*<pre([^>]*)>([^]*)<\/pre>\s*(?:<p>(?:<br>)?<\/p>\s*)?$/i;
/** Each line is an element. */
const QUILL_CODE = /^\s*<div class="ql-code-block-container"[^>]*>\s*<div([^>]*)>([^]*)<\/div>\s*<\/div>\s*$/;
/** Gutenberg writes comments around its blocks. */
const COMMENTS = /<!-- \/?wp:[^>]{0,500}-->/g;
const LANGUAGE = /\b(?:lang(?:uage)?-|(?:data-)?lang(?:uage)?=["']?)([^\s"'>]+)/;

function htmlCode(text: string): Code | undefined {
  const [, onPre = '', body] = QUILL_CODE.exec(text) ?? HTML_CODE.exec(text.replace(COMMENTS, '')) ?? [];
  if (body === undefined || /<\/pre>/i.test(body)) return undefined;
  const [, onCode = '', code] = /^\s*<code([^>]*)>([^]*)<\/code>\s*$/i.exec(body) ?? [];
  if (code !== undefined && /<\/code>/i.test(code)) return undefined;
  const [, language = ''] = LANGUAGE.exec(`${onCode} ${onPre}`) ?? [];
  // Tags within the code come from a syntax highlighter.
  return { kind: 'code', language, text: htmlText((code ?? body).replaceAll('</div>', '\n')) };
}
