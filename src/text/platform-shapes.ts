import { fields, isMetadata, isObject, isScalar, type JsonObject } from './json-fields.js';
import { cellOf, HEADER_ROW, type Row } from './node-structure.js';
import { PLATFORM } from './editors.js';
import { arrayOf } from './node-text.js';

const CELLS = ['cells', 'columns'];

/** @returns the table of an object such as `{ headers, rows }`, and the values of the fields that it is in */
export function platformTable(object: JsonObject, isTableBlock: boolean): [rows: Row[], fields: unknown[]] | undefined {
  const isTable = isTableBlock || object.type === 'table';
  const headers = arrayOf(object, ['headers', 'header', 'columns', 'head', 'thead']);
  const body = arrayOf(object, headers || isTable ? ['rows', 'body', 'tbody', 'data', 'records', 'values'] : ['rows']);
  const content = isTable || 'withHeadings' in object ? arrayOf(object, ['content', 'children']) : undefined;
  const isGrid = content?.every((row) => Array.isArray(row) || (isObject(row) && arrayOf(row, CELLS) !== undefined));
  const rows = body ?? (isGrid === true ? content : undefined);
  if (!rows && !(headers && isTable)) return undefined;
  const isHeader = [...HEADER_ROW, 'header'].some((key) => object[key] === true);
  return [platformRows(rows ?? [], headers, isHeader), [headers, rows].filter(Array.isArray)];
}

/** @param rows arrays of cells, or records, whose keys are the headers */
export function platformRows(rows: readonly unknown[], headers: readonly unknown[] = [], isFirstHeader = false): Row[] {
  const columns = new Map<string, number>();
  const titles = headers.map((header, index) => {
    const [key, title] = isObject(header) ? headerOf(header) : [String(header), header];
    columns.set(key, index);
    return { value: title, isHeader: true };
  });
  const position = (key: string) => columns.get(key) ?? columns.size;
  const isCell = (key: string) => columns.has(key) || !(columns.size > 0 ? isMetadata(key) : /^_?id$/.test(key));
  const body = rows.map((row, index): Row => {
    const cells = isObject(row) ? arrayOf(row, CELLS) : Array.isArray(row) ? (row as unknown[]) : [row];
    if (cells) return cells.map((value) => cellOf(value, PLATFORM, isFirstHeader && index === 0));
    const [[name, inner] = ['', undefined], ...others] = fields(row as JsonObject).own;
    const isInner = others.length === 0 && /^(?:cells|fields)$/.test(name) && isObject(inner);
    return Object.entries(isInner ? inner : (row as JsonObject))
      .filter(([key]) => isCell(key))
      .sort(([a], [b]) => position(a) - position(b))
      .map(([key, value]) => ({
        ...cellOf(value),
        ...(columns.has(key) ? { column: position(key) } : { label: key }),
      }));
  });
  return [titles, ...body];
}

/** @returns the key by which records refer to a column, and the column's title */
function headerOf(header: JsonObject): [key: string, title: unknown] {
  const key = [header.key, header.field, header.id, header.accessor, header.name].find(isScalar);
  const title = [header.label, header.title, header.text, header.header, header.name].find(isScalar);
  return [String(key ?? title ?? ''), title ?? ('content' in header || 'children' in header ? header : key)];
}
