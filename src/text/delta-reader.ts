import { fieldAt, isObject, type JsonObject } from './json-fields.js';
import { insertionText } from './node-text.js';
import type { TreeBuilder } from './tree-builder.js';

/** Reads a delta (Quill): insertions of text and objects. The insertion with a line's end has the format of the line. */
export function readDelta(insertions: readonly unknown[], out: TreeBuilder): void {
  const lists = out.listDepth;
  let openRow: unknown;
  let text = '';

  const endLine = ({ list, indent, header, 'code-block': code, ...format }: JsonObject) => {
    const row = format.table ?? fieldAt(format, 'table-cell-line.row');
    if (openRow !== undefined && row === undefined) out.closeTable();
    if (out.listDepth > lists && list === undefined) out.closeListsTo(lists);
    if (row !== undefined) {
      if (openRow === undefined) out.openTable();
      if (openRow !== row) out.openRow();
      out.openCell();
    } else if (typeof list === 'string') {
      const isDone = list.endsWith('checked') ? list === 'checked' : null;
      out.openItem(lists + 1 + Number(indent ?? 0), list === 'ordered', undefined, isDone);
    } else if (typeof header === 'number') out.heading(header);
    if (code !== undefined && code !== false)
      out.code(typeof code === 'string' && code !== 'plain' ? code : '', text, true);
    else out.text(text);
    if (row === undefined) out.boundary();
    openRow = row;
  };

  for (const insertion of insertions.filter(isObject)) {
    const [first = '', ...others] = insertionText(insertion).split('\n');
    text += first;
    for (const other of others) {
      endLine(isObject(insertion.attributes) ? insertion.attributes : {});
      text = other;
    }
  }
  endLine({});
}
