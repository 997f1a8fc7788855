export type JsonObject = Readonly<Record<string, unknown>>;

/** Keys that describe a node and are not its text, in editors and in common additions of APIs. */
const METADATA = new Set(
  `align alignment anchor annotations archived asset attributes background bold checked checksum class className
  code_language collapsed color component created createdBy created_by crop depth detail dir direction etag ext
  extension fk flavour format guid hash hasHeader height hotspot href icon id indent italic key kind lang language
  last_edited_by layout level link locale mark markDefs marks mime mode object opacity order ordered parent position
  provider rel relationTo representation revision service sha slug src srcset start strike strikethrough style styles
  target templateColumns theme time timestamp tone type uid underline updated updatedBy updated_by uri url uuid variant
  version width withHeadings`.split(/\s+/),
);
const METADATA_NAME =
  /^[_$@]|[a-z](?:Id|ID|Ids|At|Emoji|Time|Url|Uri|Color|Colour|Alignment|Type|Key|Width|Height|Size|Style|Class|Ref)$|[_-](?:id|ids|at|time|url|uri|color|colour|type|key|ref|style|class)$/;

export const isMetadata = (key: string): boolean => METADATA.has(key) || METADATA_NAME.test(key);
/** An address, a colour, a time, an id or a measure: no text, whatever its key. So is an array of them. */
const METADATA_VALUE =
  /^(?:[a-z][a-z\d+.-]*:\/\/\S+|mailto:\S+|#[\da-f]{3,8}|(?:rgb|hsl)a?\([^)]*\)|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+)?|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|[\da-f]{24,64}|[\d.]+(?:px|r?em|pt))$/i;

export const isMetadataValue = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0 && value.every((each) => typeof each === 'string' && isMetadataValue(each))
    : typeof value === 'string' && value.length < 2000 && METADATA_VALUE.test(value);
/** Keys of a text and its other forms. The first one that a node has is its text. */
const FORMS = 'text markdown md html plain plainText plain_text raw rendered json delta'.split(' ');
/** Keys of what a reader sees, if it is a string. */
const TEXT_KEYS = new Set([...FORMS, ...'content value title caption name label'.split(' ')]);
/** Whether a number under this key is text: "text": 42 is, "votes": 42 is not. */
export const isTextKey = (key: string): boolean => TEXT_KEYS.has(key);
/** Keys of children. They come after their parent's text, wherever Postgres' `jsonb` put their key. */
const CHILDREN = ['items', 'children', 'nested', 'subitems'];
/** A name that a program gave: `col_2`, `grid#main`, `x81f03` */
const TOKEN = /^(?=.*[a-z])(?=.*[_#]|.*\d.*(?<=.{6}))[a-z\d_#./:+-]{1,100}$/;

type Entry = readonly [key: string, value: unknown];

/** @returns an object's own fields that may hold text, in order, and its children. Names that a program gave are no prose. */
export function fields(object: JsonObject): { readonly own: readonly Entry[]; readonly children: readonly Entry[] } {
  const form = FORMS.find((key) => object[key] !== undefined && object[key] !== null);
  const all = Object.entries(object).filter(([key]) => key === form || !(isMetadata(key) || FORMS.includes(key)));
  const hasProse = () => all.some(([, value]) => typeof value === 'string' && /\S\s+\S/.test(value));
  const isText = ([key, value]: Entry) =>
    isTextKey(key) || !(isMetadataValue(value) || (typeof value === 'string' && TOKEN.test(value) && hasProse()));
  const own = all.filter((entry) => !CHILDREN.includes(entry[0]) && isText(entry));
  return { own, children: all.filter(([key]) => CHILDREN.includes(key)) };
}

/** @returns the strings within a value, in order, without metadata, at any depth */
export function stringLeaves(value: unknown): string[] {
  const leaves: string[] = [];
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') leaves.push(next);
    else if (Array.isArray(next)) for (const item of next.toReversed()) waiting.push(item);
    else if (isObject(next))
      waiting.push(Object.values(fields(next)).flatMap((found) => found.map(([, child]) => child)));
  }
  return leaves;
}

/** Whether a string is an element of HTML and nothing else. */
export const isElement = (text: string): boolean => /^\s*<[a-z][^>]*>[^]*<\/[a-z\d]+>\s*$/.test(text);
const LIKE_JSON = /^\s*(?:\{[^]*\}|\[[^]*\])\s*$/;

/** @returns what a text is the JSON of; undefined if it is none, or nests deeper than the parser's stack allows */
export function jsonIn(text: string, isJson = LIKE_JSON.test(text)): unknown {
  try {
    return isJson ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** @param path keys and indexes, joined by dots */
export function fieldAt(object: unknown, path: string): unknown {
  if (!path.includes('.')) return (object as JsonObject | null | undefined)?.[path];
  return path.split('.').reduce(fieldAt, object);
}
