import { ELEMENTS } from './html-elements.js';
import { scanHtml } from './html-scanner.js';
import type { TextWriter } from './text-writer.js';

type Attributes = ReadonlyMap<string, string>;

/** Writes the text of an HTML fragment. Its tags need not be balanced. */
export function writeHtml(html: string, out: TextWriter): void {
  let preformatted = 0;
  let inHead = false;
  let dropped = { name: '', depth: 0 };

  scanHtml(html, {
    text(text) {
      if (dropped.depth > 0) return;
      if (preformatted > 0) out.lines(text);
      else out.text(text);
    },

    open(name, attributes) {
      if (dropped.depth > 0) {
        if (name === dropped.name) dropped.depth++;
        return;
      }
      const kind = ELEMENTS.get(name);
      if (kind === 'dropped') dropped = { name, depth: 1 };
      if (kind === 'block') out.boundary();
      if (name === 'pre') preformatted++;
      if (name === 'thead') inHead = true;
      if (name === 'tbody' || name === 'tfoot') inHead = false;
      openElement(name, attributes, inHead, out);
    },

    close(name) {
      if (dropped.depth > 0) {
        if (name === dropped.name) dropped.depth--;
        return;
      }
      if (ELEMENTS.get(name) === 'block') out.boundary();
      if (name === 'pre') preformatted = Math.max(0, preformatted - 1);
      if (name === 'thead' || name === 'table') inHead = false;
      closeElement(name, out);
    },
  });
}

function openElement(name: string, attributes: Attributes, inHead: boolean, out: TextWriter): void {
  switch (name) {
    case 'img':
    case 'area':
      return out.text(attributes.get('alt') ?? '');
    case 'ul':
    case 'menu':
    case 'dir':
      return out.openList(null);
    case 'ol':
      return out.openList(integer(attributes.get('start')) ?? 1);
    case 'li':
      return out.openItem(integer(attributes.get('value')));
    case 'table':
      return out.openTable();
    case 'tr':
      return out.openRow();
    case 'td':
    case 'th':
      return out.openCell({
        isHeader: name === 'th' || inHead,
        columns: span(attributes.get('colspan')),
        rows: span(attributes.get('rowspan')),
      });
    default:
      return undefined;
  }
}

function closeElement(name: string, out: TextWriter): void {
  switch (name) {
    case 'ul':
    case 'menu':
    case 'dir':
    case 'ol':
      return out.closeList();
    case 'table':
      return out.closeTable();
    case 'tr':
      return out.closeRow();
    case 'td':
    case 'th':
      out.closeCell();
      return undefined;
    default:
      return undefined;
  }
}

function integer(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*-?\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}

function span(value: string | undefined): number {
  return Math.max(1, integer(value) ?? 1);
}
