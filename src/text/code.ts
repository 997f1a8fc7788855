import { composed, oneLine, visible } from './characters.js';
import { withoutFiles } from './embedded-data.js';
import { scanHtml } from './html-scanner.js';
import { isObject, stringLeaves, type JsonObject } from './json-shapes.js';

interface Code {
  readonly language: string;
  readonly code: string;
}

/** @returns the language on a line of its own, if there is one, and the code unchanged; empty where there is no code */
export function codeText(content: string, json: unknown, format: 'text' | 'json'): string {
  const { language, code } =
    format === 'json' ? jsonCode(json === undefined ? content : json) : textCode(content, json);
  const lines = composed(withoutFiles(visible(code)))
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  const name = composed(oneLine(visible(language)));
  return name && lines ? `${name}\n${lines}` : lines;
}

function jsonCode(value: unknown): Code {
  if (typeof value === 'string') return markedCode(value);
  if (!isObject(value)) return markedCode(joined(value));
  const object = isObject(value.data) ? value.data : value;
  const { language, code } = markedCode(bodyOf(object) ?? joined(object));
  return { language: languageOf(object) || language, code };
}

const SHAPE = ['code', 'content', 'id', 'lang', 'language', 'source', 'text', 'type'];

/** Text that is JSON is code in JSON, unless it has the fields of a code block, and no other. */
function textCode(content: string, json: unknown): Code {
  if (!isObject(json) || !Object.keys(json).every((key) => SHAPE.includes(key))) return markedCode(content);
  const hasShape = ('language' in json || 'lang' in json) && bodyOf(json) !== undefined;
  return hasShape ? jsonCode(json) : markedCode(content);
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

/** An array of strings is lines; nodes are the pieces of one text. */
function joined(value: unknown): string {
  const isLines = Array.isArray(value) && value.every((line) => typeof line === 'string');
  return stringLeaves(value).join(isLines || isObject(value) ? '\n' : '');
}

/** Code that is wholly a Markdown fence or an HTML code element is what that holds. Any other is left alone. */
function markedCode(text: string): Code {
  return fencedCode(text) ?? htmlCode(text) ?? { language: '', code: text };
}

const OPENING_FENCE = /^(`{3,}(?=[^`]*$)|~{3,})[ \t]*\{?\.?([^\s{}]*)/;

function fencedCode(text: string): Code | undefined {
  const [first = '', ...lines] = visible(text).trim().split('\n');
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
  // What tags there are come from a highlighter.
  scanHtml(inner, { text: (piece) => void (code += piece), open: () => undefined, close: () => undefined });
  return { language, code };
}
