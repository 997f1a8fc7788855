import { oneLine, removeInvisible, toNfc } from './characters.js';
import { removeFiles } from './embedded-data.js';
import { scanHtml } from './html-scanner.js';
import { isObject, stringLeaves, type JsonObject } from './json-shapes.js';

interface Code {
  readonly language: string;
  readonly code: string;
}

/** @returns the language on a line of its own, if there is one, then the code unchanged; empty if there is no code */
export function codeText(content: string, json: unknown, format: 'text' | 'json'): string {
  const { language, code } =
    format === 'json' ? jsonCode(json === undefined ? content : json) : textCode(content, json);
  const lines = toNfc(removeFiles(removeInvisible(code)))
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  const name = toNfc(oneLine(removeInvisible(language)));
  return name && lines ? `${name}\n${lines}` : lines;
}

function jsonCode(value: unknown): Code {
  if (typeof value === 'string') return unwrapCode(value);
  if (!isObject(value)) return unwrapCode(joined(value));
  const object = isObject(value.data) ? value.data : value;
  const { language, code } = unwrapCode(bodyOf(object) ?? joined(object));
  return { language: languageOf(object) || language, code };
}

const CODE_BLOCK_KEYS = ['code', 'content', 'id', 'lang', 'language', 'source', 'text', 'type'];

/** A text column with JSON holds JSON code, unless the object has the fields of a code block and no others. */
function textCode(content: string, json: unknown): Code {
  if (!isObject(json) || !Object.keys(json).every((key) => CODE_BLOCK_KEYS.includes(key))) return unwrapCode(content);
  const isCodeBlock = ('language' in json || 'lang' in json) && bodyOf(json) !== undefined;
  return isCodeBlock ? jsonCode(json) : unwrapCode(content);
}

function languageOf(object: JsonObject): string | undefined {
  const attributes = isObject(object.attrs) ? object.attrs : object;
  const languages = [object.language, object.lang, object.syntax, attributes.language];
  return languages.find((value): value is string => typeof value === 'string');
}

function bodyOf(object: JsonObject): string | undefined {
  const body = [object.code, object.content, object.text, object.source, object.value].find(
    (value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0),
  );
  return body === undefined ? undefined : joined(body);
}

/** Strings in an array are lines. Nodes are the pieces of one text. */
function joined(value: unknown): string {
  const isLines = Array.isArray(value) && value.every((line) => typeof line === 'string');
  return stringLeaves(value).join(isLines || isObject(value) ? '\n' : '');
}

/** Returns the code within a text that is one Markdown fence or one HTML code element; any other text unchanged. */
function unwrapCode(text: string): Code {
  return fencedCode(text) ?? htmlCode(text) ?? { language: '', code: text };
}

const OPENING_FENCE = /^(`{3,}(?=[^`]*$)|~{3,})[ \t]*\{?\.?([^\s{}]*)/;

function fencedCode(text: string): Code | undefined {
  const [first = '', ...lines] = removeInvisible(text).trim().split('\n');
  const [, fence = '', language = ''] = OPENING_FENCE.exec(first) ?? [];
  if (!fence) return undefined;
  const isClosing = (line: string) => {
    const mark = line.trim();
    return mark.startsWith(fence) && mark === fence.charAt(0).repeat(mark.length);
  };
  const end = lines.findIndex(isClosing);
  return end >= 0 && end === lines.length - 1 ? { language, code: lines.slice(0, end).join('\n') } : undefined;
}

const HTML_CODE = /^\s*<pre([^>]*)>\s*<code([^>]*)>([^]*)<\/code>\s*<\/pre>\s*$/i;

function htmlCode(text: string): Code | undefined {
  const [, onPre = '', onCode = '', inner] = HTML_CODE.exec(text) ?? [];
  if (inner === undefined || /<\/code>/i.test(inner)) return undefined;
  const [, language = ''] = /\blang(?:uage)?-([^\s"']+)/.exec(`${onCode} ${onPre}`) ?? [];
  let code = '';
  // Tags within the code come from a syntax highlighter.
  scanHtml(inner, { text: (piece) => void (code += piece), open: () => undefined, close: () => undefined });
  return { language, code };
}
