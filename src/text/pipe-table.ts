import type { StateBlock } from 'markdown-it';

/** A row of dashes, with at least one pipe. */
const DELIMITERS = /^(?=.*\|)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/;

/**
 * markdown-it's rule for tables, except that rows keep all of their cells. Its own rule follows GitHub: it drops cells beyond
 * the header's last, and rejects a table whose delimiter row has a different number of cells than the header.
 */
export function pipeTable(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  const headers = startLine + 1 < endLine ? tableLine(state, startLine) : undefined;
  if (!headers?.includes('|') || !DELIMITERS.test(tableLine(state, startLine + 1) ?? '')) return false;
  if (silent) return true;

  const oldParentType = state.parentType;
  state.parentType = 'table';
  const endsTable = state.md.block.ruler.getRules('blockquote');
  state.push('table_open', 'table', 1);
  pushRow(state, 'th', headers);
  let line = startLine + 2;
  for (; line < endLine; line++) {
    const row = tableLine(state, line);
    if (!row || endsTable.some((rule) => rule(state, line, endLine, true))) break;
    pushRow(state, 'td', row);
  }
  state.push('table_close', 'table', -1);
  state.parentType = oldParentType;
  state.line = line;
  return true;
}

/** @returns the trimmed line; undefined if it is outside the block that contains the table */
function tableLine(state: StateBlock, line: number): string | undefined {
  const indent = (state.sCount[line] ?? 0) - state.blkIndent;
  if (indent < 0 || indent >= 4) return undefined;
  return state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]).trim();
}

function pushRow(state: StateBlock, cellTag: 'td' | 'th', line: string): void {
  const cells = line.replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/);
  state.push('tr_open', 'tr', 1);
  for (const cell of cells) {
    state.push(`${cellTag}_open`, cellTag, 1);
    const inline = state.push('inline', '', 0);
    inline.content = cell.trim().replaceAll('\\|', '|');
    inline.children = [];
    state.push(`${cellTag}_close`, cellTag, -1);
  }
  state.push('tr_close', 'tr', -1);
}
