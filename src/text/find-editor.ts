import { EDITORS, PLATFORM, type Editor } from './editors.js';
import { fieldAt, isObject, type JsonObject } from './json-fields.js';
import { KINDS, type Kind } from './node-kinds.js';

type Sign = readonly [rank: number, editor: Editor, conditions: readonly ((object: JsonObject) => boolean)[]];

/** Signs by the first key of their last condition, which few objects have */
const SIGNS = new Map<string, Sign[]>();
EDITORS.forEach((editor, rank) => {
  for (const conditions of editor.signs.map((sign) => sign.split(' '))) {
    const [key = 'type'] = /[\w-]+/.exec(conditions.at(-1) ?? '') ?? [];
    SIGNS.set(key, [...(SIGNS.get(key) ?? []), [rank, editor, conditions.map(condition)]]);
  }
});

const KINDS_OF = new Map([PLATFORM, ...EDITORS].map((editor) => [editor, kindsByName(KINDS, editor.kinds ?? {})]));

/** Of several tables, the last one that has a name counts. */
function kindsByName(...tables: Partial<Record<Kind, string>>[]): ReadonlyMap<string, Kind> {
  const entries = tables.flatMap((table) => Object.entries(table) as [Kind, string][]);
  return new Map(entries.flatMap(([kind, names]) => names.split(/\s+/).map((name) => [name, kind] as const)));
}

function condition(text: string): Sign[2][number] {
  const [, path = '', test, expected] = /^([^[{"=]+)(\[\]|\{\}|""|=(.*))?$/.exec(text) ?? [];
  return (object) => {
    const value = fieldAt(object, path === '*' ? String(object.type) : path);
    if (test === '[]' || test === '{}') return test === '[]' ? Array.isArray(value) : isObject(value);
    return test === '""' ? typeof value === 'string' : value === (expected ?? value) && value !== undefined;
  };
}

/** @returns the editor whose JSON an object, or one of an array's objects, is; the platform if it is unknown */
export function editorOf(value: unknown): Editor {
  if (Array.isArray(value)) return editorOf(value.find((item) => isObject(item) && editorOf(item) !== PLATFORM));
  if (!isObject(value)) return PLATFORM;
  // In an object of blocks, the first one tells.
  const [first] = Object.values(value);
  const ofFirst = isObject(first) && 'meta' in first ? signedBy(first) : undefined;
  return signedBy(value) ?? (ofFirst?.order === undefined ? PLATFORM : ofFirst);
}

function signedBy(object: JsonObject): Editor | undefined {
  let found: Sign | undefined;
  for (const key in object) {
    for (const sign of SIGNS.get(key) ?? [])
      if (sign[0] < (found?.[0] ?? Infinity) && sign[2].every((holds) => holds(object))) found = sign;
  }
  return found?.[1];
}

/** @returns what a node is in an editor; undefined if its type is unknown */
export function kindOf(node: unknown, editor: Editor): Kind | undefined {
  if (!isObject(node)) return undefined;
  const kinds = KINDS_OF.get(editor);
  let isTyped = false;
  for (const key of editor.type ?? ['type']) {
    const name = node[key];
    if (typeof name !== 'string') continue;
    const kind = kinds?.get(name) ?? kinds?.get(plainName(name));
    if (kind !== undefined) return kind;
    isTyped = true;
  }
  const isLeaf = typeof node.plain_text === 'string' || (editor !== PLATFORM && typeof node.text === 'string');
  return (isLeaf || 'insert' in node) && !isTyped && !('children' in node) ? 'text' : undefined;
}

/** A type's name as the tables have it: `core/list-item` → listitem */
function plainName(name: string): string {
  return name.replace(/^.*\/|[^a-z\d]/gi, '').toLowerCase();
}
