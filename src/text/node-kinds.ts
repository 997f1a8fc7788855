/**
 * What nodes are to a reader, with the names of their types in most editors, in lower case without separators.
 *
 * A `code line` is a line of the code that it and its neighbours form. An `atom` is a piece of a line whose text is one of its
 * fields, such as a mention or a date; a `formula` is one, or a line of its own.
 */
export const KINDS = {
  text: 'text span tab codehighlight extendedtext keyword specialtext',
  break: 'break hardbreak softbreak linebreak br newline',
  inline: 'a link autolink itemlink hyperlink mark strong emphasis delete inlinecode',
  atom: `mention usermention pagemention inlinemention emoji emoticon status date datetime time tag hashtag badge inlinecard
    inlineitem inlineblock embeddedentryinline footnotereference`,
  formula:
    'equation inlineequation math mathinline inlinemath blockmath mathblock mathdisplay mathequation latex formula katex',
  block: 'p paragraph div lic caption figcaption detailssummary detailscontent summary title',
  heading: `heading header extendedheading h1 h2 h3 h4 h5 h6 heading1 heading2 heading3 heading4 heading5 heading6 headingone
    headingtwo headingthree headingfour headingfive headingsix headerone headertwo headerthree headerfour headerfive headersix`,
  list: 'list nestedlist ul bulletlist bulletedlist unorderedlist decisionlist',
  'ordered list': 'ol orderedlist numberedlist numberlist',
  'task list': 'tasklist todolist checklist checkboxlist',
  item: 'li listitem item bulletlistitem bulletedlistitem unorderedlistitem decisionitem',
  'ordered item': 'orderedlistitem numberedlistitem numberlistitem',
  'task item':
    'taskitem todo todoitem todoli todolistitem checkitem checklistitem checkablelistitem checkboxitem actionitem',
  table: 'table simpletable tablecontent',
  row: 'tr tablerow tableheaderrow simpletablerow',
  cell: 'td tablecell tabledatacell simpletablecell',
  'header cell': 'th tableheader tableheadercell tablecellheader',
  code: 'code codeblock codefence fencedcode codesnippet pre preformatted',
  'code line': 'codeline',
  picture: 'image img picture media imageblock imageinline inlineimage blockimage mediainline upload',
  nothing: `horizontalrule thematicbreak rule hr divider delimiter separator spacer pagebreak nextpage more tableofcontents toc
    breadcrumb mentioninput slashinput emojiinput definition mermaid diagram excalidraw`,
};

export type Kind = keyof typeof KINDS;

/** Whether nodes of a kind are pieces of a line. */
export function isInline(kind: Kind | undefined): boolean {
  return kind === 'text' || kind === 'break' || kind === 'inline' || kind === 'atom';
}
