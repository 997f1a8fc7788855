import type { Block, Item, List, Random } from './documents.js';

/** An editor's JSON for documents of these kinds of blocks, full of metadata. */
export interface Encoder {
  readonly kinds: readonly Block['kind'][];
  /** By default a list may be within one of another style. */
  readonly hasMixedLists?: false;
  readonly encode: (document: readonly Block[], random: Random) => unknown;
}

const ALL = ['paragraph', 'quote', 'heading', 'list', 'table', 'code', 'picture', 'rule'] as const;

/** Metadata in the forms that editors have. A text that contains `meta` is wrong. */
const URL = 'https://meta.example.org/a?b=meta';
const ID = '3d834ad5-4319-448b-94e4-53de1ac99b03';

/** Cuts a text anywhere: editors begin a run wherever a mark begins. */
function runs(words: string, random: Random): string[] {
  const characters = Array.from(words);
  const cuts = random.times(0, 3, () => random.below(characters.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts]
    .map((cut, index) => characters.slice(cut, cuts[index] ?? characters.length).join(''))
    .filter(Boolean);
}

/** ProseMirror, Tiptap and ADF */
function proseMirror(
  list: Record<List['style'], string>,
  item: (isTask: boolean) => string,
  state: (isDone: boolean) => object,
): Encoder {
  const text = (words: string, random: Random) =>
    runs(words, random).map((run, index) => ({
      type: 'text',
      text: run,
      ...(index % 2 === 1
        ? {
            marks: [
              { type: 'link', attrs: { href: URL, title: 'meta' } },
              { type: 'textStyle', attrs: { color: '#meta' } },
            ],
          }
        : {}),
    }));
  const paragraph = (words: string, random: Random) => ({
    type: 'paragraph',
    attrs: { textAlign: 'meta', localId: ID },
    content: text(words, random),
  });
  const encodeList = ({ style, items }: List, random: Random): object => ({
    type: list[style],
    attrs: style === 'ordered' ? { order: 1, type: null } : { localId: 'meta' },
    content: items.map(({ words, isDone, children }) => ({
      type: item(style === 'task'),
      attrs: isDone === undefined ? {} : state(isDone),
      content: [paragraph(words, random), ...children.map((child) => encodeList(child, random))],
    })),
  });
  const encodeBlock = (block: Block, random: Random): object => {
    switch (block.kind) {
      case 'list':
        return encodeList(block, random);
      case 'heading':
        return { type: 'heading', attrs: { level: block.level, id: 'meta' }, content: text(block.words, random) };
      case 'quote':
        return { type: 'blockquote', content: [paragraph(block.words, random)] };
      case 'code':
        return {
          type: 'codeBlock',
          attrs: { language: 'meta' },
          content: [{ type: 'text', text: block.lines.join('\n') }],
        };
      case 'picture':
        return { type: 'image', attrs: { src: URL, alt: block.words, title: null, width: 3 } };
      case 'rule':
        return { type: 'horizontalRule' };
      case 'table':
        return {
          type: 'table',
          content: block.rows.map((row, index) => ({
            type: 'tableRow',
            content: row.map((cell) => ({
              type: index === 0 ? 'tableHeader' : 'tableCell',
              attrs: { colspan: 1, rowspan: 1, colwidth: null },
              content: [paragraph(cell, random)],
            })),
          })),
        };
      default:
        return paragraph(block.words, random);
    }
  };
  return {
    kinds: ALL,
    encode: (document, random) => ({
      type: 'doc',
      version: 1,
      content: document.map((block) => encodeBlock(block, random)),
    }),
  };
}

const lexical: Encoder = {
  kinds: ALL.filter((kind) => kind !== 'picture'),
  encode: (document, random) => {
    const element = (type: string, children: unknown[], more: object = {}) => ({
      children,
      direction: 'meta',
      format: 'meta',
      indent: 0,
      type,
      version: 1,
      ...more,
    });
    const text = (words: string) =>
      runs(words, random).map((run) => ({
        detail: 0,
        format: 1,
        mode: 'meta',
        style: 'color: meta',
        text: run,
        type: 'text',
        version: 1,
      }));
    const paragraph = (words: string) => element('paragraph', text(words), { textFormat: 0, textStyle: 'meta' });
    const encodeList = ({ style, items }: List): object =>
      element(
        'list',
        items.flatMap(({ words, isDone, children }, index) => [
          element('listitem', text(words), { value: index + 1, checked: isDone }),
          ...(children.length > 0 ? [element('listitem', children.map(encodeList), { value: index + 2 })] : []),
        ]),
        {
          listType: { bullet: 'bullet', ordered: 'number', task: 'check' }[style],
          start: 1,
          tag: style === 'ordered' ? 'ol' : 'ul',
        },
      );
    const encodeBlock = (block: Block): object => {
      switch (block.kind) {
        case 'list':
          return encodeList(block);
        case 'heading':
          return element('heading', text(block.words), { tag: `h${block.level}` });
        case 'quote':
          return element('quote', text(block.words));
        case 'code': {
          const lines = block.lines.flatMap((line) => [
            { type: 'linebreak', version: 1 },
            { type: 'code-highlight', text: line, version: 1, highlightType: 'meta' },
          ]);
          return element('code', lines.slice(1), { language: 'meta' });
        }
        case 'rule':
        case 'picture':
          return { type: 'horizontalrule', version: 1 };
        case 'table':
          return element(
            'table',
            block.rows.map((row, index) =>
              element(
                'tablerow',
                row.map((cell) =>
                  element('tablecell', [paragraph(cell)], {
                    headerState: index === 0 ? 1 : 0,
                    colSpan: 1,
                    rowSpan: 1,
                    backgroundColor: 'meta',
                  }),
                ),
              ),
            ),
            { colWidths: [1] },
          );
        default:
          return paragraph(block.words);
      }
    };
    return { root: element('root', document.map(encodeBlock)) };
  },
};

const slate: Encoder = {
  kinds: ALL,
  encode: (document, random) => {
    const element = (type: string, children: unknown[], more: object = {}) => ({ id: 'meta', type, ...more, children });
    const text = (words: string) =>
      runs(words, random).map((run, index) => ({
        text: run,
        ...(index % 2 === 1 ? { bold: true, color: 'meta' } : {}),
      }));
    const encodeList = ({ style, items }: List): object =>
      element(
        style === 'ordered' ? 'ol' : 'ul',
        items.map(({ words, isDone, children }) =>
          element(
            'li',
            [element('lic', text(words)), ...children.map(encodeList)],
            isDone === undefined ? {} : { checked: isDone },
          ),
        ),
      );
    return document.map((block) => {
      switch (block.kind) {
        case 'list':
          return encodeList(block);
        case 'heading':
          return element(`h${block.level}`, text(block.words));
        case 'quote':
          return element('blockquote', text(block.words));
        case 'code':
          return element(
            'code_block',
            block.lines.map((line) => element('code_line', [{ text: line }])),
            { lang: 'meta' },
          );
        case 'picture':
          return element('img', [{ text: '' }], { url: URL, width: '60%', caption: [{ text: block.words }] });
        case 'rule':
          return element('hr', [{ text: '' }]);
        case 'table':
          return element(
            'table',
            block.rows.map((row, index) =>
              element(
                'tr',
                row.map((cell) => element(index === 0 ? 'th' : 'td', [element('p', text(cell))])),
              ),
            ),
            { colSizes: [1] },
          );
        default:
          return element('p', text(block.words), { align: 'meta' });
      }
    });
  },
};

const blockNote: Encoder = {
  kinds: ALL,
  encode: (document, random) => {
    const props = { textColor: 'meta', backgroundColor: 'meta', textAlignment: 'meta' };
    const text = (words: string) =>
      runs(words, random).map((run, index) =>
        index % 2 === 1
          ? { type: 'link', href: URL, content: [{ type: 'text', text: run, styles: {} }] }
          : { type: 'text', text: run, styles: { textColor: 'meta' } },
      );
    const node = (type: string, content: unknown, more: object = {}, children: unknown[] = []) => ({
      id: ID,
      type,
      props: { ...props, ...more },
      content,
      children,
    });
    const encodeList = ({ style, items }: List): object[] =>
      items.map(({ words, isDone, children }) => {
        const type = { bullet: 'bulletListItem', ordered: 'numberedListItem', task: 'checkListItem' }[style];
        return node(type, text(words), isDone === undefined ? {} : { checked: isDone }, children.flatMap(encodeList));
      });
    return document.flatMap((block): object[] => {
      switch (block.kind) {
        case 'list':
          return [...encodeList(block), node('paragraph', [])];
        case 'heading':
          return [node('heading', text(block.words), { level: block.level })];
        case 'quote':
          return [node('quote', text(block.words))];
        case 'code':
          return [
            node('codeBlock', [{ type: 'text', text: block.lines.join('\n'), styles: {} }], { language: 'meta' }),
          ];
        case 'picture':
          return [node('image', undefined, { url: URL, caption: block.words, name: '', previewWidth: 5 })];
        case 'rule':
          return [node('divider', undefined)];
        case 'table': {
          const cell = (words: string) => ({
            type: 'tableCell',
            content: text(words),
            props: { ...props, colspan: 1, rowspan: 1 },
          });
          const rows = block.rows.map((row) => ({ cells: row.map(cell) }));
          return [node('table', { type: 'tableContent', columnWidths: [null], headerRows: 1, rows })];
        }
        default:
          return [node('paragraph', text(block.words))];
      }
    });
  },
};

/** Items of flat lists: each names its level. A block between two lists keeps them apart. */
function flat<T>(
  { style, items }: List,
  level: number,
  make: (item: Item, style: List['style'], level: number) => T,
): T[] {
  return items.flatMap((item) => [
    make(item, style, level),
    ...item.children.flatMap((list) => flat(list, level + 1, make)),
  ]);
}

const portableText: Encoder = {
  kinds: ['paragraph', 'quote', 'heading', 'list', 'code', 'picture', 'rule'],
  encode: (document, random) => {
    const block = (words: string, style: string, more: object = {}) => ({
      _type: 'block',
      _key: 'meta',
      style,
      markDefs: [{ _key: 'meta1', _type: 'link', href: URL }],
      children: runs(words, random).map((run) => ({
        _type: 'span',
        _key: 'meta2',
        text: run,
        marks: ['strong', 'meta1'],
      })),
      ...more,
    });
    return document.flatMap((each): object[] => {
      switch (each.kind) {
        case 'list':
          return [
            ...flat(each, 1, (item, style, level) =>
              block(item.words, 'normal', {
                level,
                listItem: { bullet: 'bullet', ordered: 'number', task: 'checkbox' }[style],
                ...(item.isDone === undefined ? {} : { checked: item.isDone }),
              }),
            ),
            { _type: 'break', _key: 'meta' },
          ];
        case 'heading':
          return [block(each.words, `h${each.level}`)];
        case 'quote':
          return [block(each.words, 'blockquote')];
        case 'code':
          return [{ _type: 'code', _key: 'meta', language: 'meta', code: each.lines.join('\n') }];
        case 'picture':
          return [
            { _type: 'image', _key: 'meta', alt: each.words, asset: { _type: 'reference', _ref: 'image-meta-jpg' } },
          ];
        case 'rule':
        case 'table':
          return [{ _type: 'break', _key: 'meta', style: 'lineBreak' }];
        default:
          return [block(each.words, 'normal')];
      }
    });
  },
};

const draft: Encoder = {
  kinds: ['paragraph', 'quote', 'heading', 'list', 'code', 'picture'],
  encode: (document) => {
    const entityMap: Record<string, object> = {
      0: { type: 'LINK', mutability: 'MUTABLE', data: { url: URL, targetOption: 'meta' } },
    };
    const block = (text: string, type: string, depth = 0, data: object = {}, key = 0) => ({
      key: 'meta',
      text,
      type,
      depth,
      inlineStyleRanges: [{ offset: 0, length: 1, style: 'META' }],
      entityRanges: [{ offset: 0, length: 1, key }],
      data,
    });
    const blocks = document.flatMap((each): object[] => {
      switch (each.kind) {
        case 'list':
          return [
            ...flat(each, 0, (item, style, level) =>
              block(
                item.words,
                { bullet: 'unordered-list-item', ordered: 'ordered-list-item', task: 'checkable-list-item' }[style],
                level,
                { checked: item.isDone },
              ),
            ),
            block('', 'unstyled'),
          ];
        case 'heading':
          return [block(each.words, `header-${['one', 'two', 'three'][each.level - 1] ?? ''}`)];
        case 'quote':
          return [block(each.words, 'blockquote')];
        case 'code':
          return each.lines.map((line) => block(line, 'code-block', 0, { language: 'meta' }));
        case 'picture': {
          const key = Object.keys(entityMap).length;
          entityMap[key] = { type: 'IMAGE', mutability: 'IMMUTABLE', data: { src: URL, alt: each.words } };
          return [block(' ', 'atomic', 0, {}, key)];
        }
        default:
          return [block('words' in each ? each.words : '', 'unstyled', 0, { 'text-align': 'meta' })];
      }
    });
    return { blocks, entityMap };
  },
};

const quill: Encoder = {
  kinds: ['paragraph', 'quote', 'heading', 'list', 'code', 'picture'],
  encode: (document, random) => {
    const line = (words: string, attributes?: object) => [
      ...runs(words, random).map((run, index) => ({
        insert: run,
        ...(index % 2 === 1 ? { attributes: { link: URL, color: 'meta', font: 'meta' } } : {}),
      })),
      { insert: '\n', ...(attributes ? { attributes } : {}) },
    ];
    const ops = document.flatMap((each): object[] => {
      switch (each.kind) {
        case 'list':
          return [
            ...flat(each, 0, (item, style, level) => {
              const list = item.isDone === undefined ? style : item.isDone ? 'checked' : 'unchecked';
              return line(item.words, { list, ...(level > 0 ? { indent: level } : {}) });
            }).flat(),
            { insert: '\n' },
          ];
        case 'heading':
          return line(each.words, { header: each.level, align: 'meta' });
        case 'quote':
          return line(each.words, { blockquote: true });
        case 'code':
          return each.lines.flatMap((code) => [
            { insert: code },
            { insert: '\n', attributes: { 'code-block': 'meta' } },
          ]);
        case 'picture':
          return [{ insert: { image: URL }, attributes: { alt: each.words, width: '50' } }, { insert: '\n' }];
        default:
          return line('words' in each ? each.words : '');
      }
    });
    return { ops };
  },
};

const notion: Encoder = {
  kinds: ALL,
  encode: (document, random) => {
    const text = (words: string) =>
      runs(words, random).map((run) => ({
        type: 'text',
        text: { content: run, link: { url: URL } },
        annotations: { bold: false, color: 'meta' },
        plain_text: run,
        href: URL,
      }));
    const block = (type: string, payload: object) => ({
      object: 'block',
      id: ID,
      parent: { type: 'page_id', page_id: ID },
      created_time: '2024-05-01T10:00:00.000Z',
      created_by: { object: 'user', id: ID },
      has_children: false,
      archived: false,
      type,
      [type]: payload,
    });
    const encodeList = ({ style, items }: List): object[] =>
      items.map(({ words, isDone, children }) => {
        const type = { bullet: 'bulleted_list_item', ordered: 'numbered_list_item', task: 'to_do' }[style];
        return block(type, {
          rich_text: text(words),
          color: 'meta',
          ...(isDone === undefined ? {} : { checked: isDone }),
          children: children.flatMap(encodeList),
        });
      });
    const results = document.flatMap((each): object[] => {
      switch (each.kind) {
        case 'list':
          return [...encodeList(each), block('divider', {})];
        case 'heading':
          return [block(`heading_${each.level}`, { rich_text: text(each.words), is_toggleable: false, color: 'meta' })];
        case 'code':
          return [block('code', { caption: [], rich_text: text(each.lines.join('\n')), language: 'meta' })];
        case 'picture':
          return [block('image', { type: 'external', external: { url: URL }, caption: text(each.words) })];
        case 'rule':
          return [block('divider', {})];
        case 'table': {
          const rows = each.rows.map((row) => block('table_row', { cells: row.map(text) }));
          return [block('table', { table_width: 2, has_column_header: true, has_row_header: false, children: rows })];
        }
        default:
          return [block(each.kind, { rich_text: text(each.words), color: 'meta' })];
      }
    });
    return { object: 'list', results };
  },
};

const escape = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const editorJs: Encoder = {
  kinds: ALL,
  hasMixedLists: false,
  encode: (document, random) => {
    const text = (words: string) =>
      runs(words, random)
        .map((run, index) => (index % 2 === 1 ? `<a href="${URL}">${escape(run)}</a>` : escape(run)))
        .join('');
    const items = (list: List): object[] =>
      list.items.map(({ words, isDone, children }) => ({
        content: text(words),
        meta: isDone === undefined ? {} : { checked: isDone },
        items: children.flatMap(items),
      }));
    const block = (type: string, data: object) => ({
      id: 'meta',
      type,
      data,
      tunes: { anchorTune: { anchor: 'meta' } },
    });
    return {
      time: 1,
      version: 'meta',
      blocks: document.map((each) => {
        switch (each.kind) {
          case 'list':
            return block('list', {
              style: { bullet: 'unordered', ordered: 'ordered', task: 'checklist' }[each.style],
              meta: {},
              items: items(each),
            });
          case 'heading':
            return block('header', { text: text(each.words), level: each.level });
          case 'quote':
            return block('quote', { text: text(each.words), caption: '', alignment: 'meta' });
          case 'code':
            return block('code', { code: each.lines.join('\n'), language: 'meta' });
          case 'picture':
            return block('image', { file: { url: URL }, caption: text(each.words), withBorder: false });
          case 'rule':
            return block('delimiter', {});
          case 'table':
            return block('table', { withHeadings: true, content: each.rows.map((row) => row.map(text)) });
          default:
            return block('paragraph', { text: text(each.words) });
        }
      }),
    };
  },
};

const gutenberg: Encoder = {
  kinds: ['paragraph', 'heading', 'list', 'table', 'rule'],
  encode: (document) => {
    const block = (
      blockName: string,
      innerContent: (string | null)[],
      innerBlocks: object[] = [],
      ordered = false,
    ) => ({
      blockName: `core/${blockName}`,
      attrs: { className: 'meta', style: { color: 'meta' }, ...(ordered ? { ordered } : {}) },
      innerBlocks,
      innerHTML: innerContent.join(''),
      innerContent,
    });
    const encodeList = ({ style, items }: List): ReturnType<typeof block> => {
      const tag = style === 'ordered' ? 'ol' : 'ul';
      const inner = items.map(({ words, isDone, children }) => {
        const box = isDone === undefined ? '' : `<input type="checkbox"${isDone ? ' checked' : ''}>`;
        return block(
          'list-item',
          [`\n<li>${box}${escape(words)}`, ...children.map(() => null), '</li>\n'],
          children.map(encodeList),
        );
      });
      return block(
        'list',
        [`\n<${tag} class="meta">`, ...inner.map(() => null), `</${tag}>\n`],
        inner,
        style === 'ordered',
      );
    };
    return document.map((each) => {
      switch (each.kind) {
        case 'list':
          return encodeList(each);
        case 'heading':
          return block('heading', [`<h${each.level} class="meta">${escape(each.words)}</h${each.level}>`]);
        case 'table': {
          const rows = each.rows.map(
            (row, index) =>
              `<tr>${row.map((cell) => (index === 0 ? `<th>${escape(cell)}</th>` : `<td>${escape(cell)}</td>`)).join('')}</tr>`,
          );
          return block('table', [`<figure class="meta"><table>${rows.join('')}</table></figure>`]);
        }
        case 'rule':
          return block('separator', ['<hr class="meta"/>']);
        default:
          return block('paragraph', [`\n<p class="meta">${'words' in each ? escape(each.words) : ''}</p>\n`]);
      }
    });
  },
};

const appFlowy: Encoder = {
  kinds: ['paragraph', 'quote', 'heading', 'list', 'table', 'code', 'rule'],
  encode: (document, random) => {
    const delta = (words: string) =>
      runs(words, random).map((run, index) => ({
        insert: run,
        ...(index % 2 === 1 ? { attributes: { href: URL, font_color: 'meta' } } : {}),
      }));
    const node = (type: string, data: object, children?: object[]) => ({
      type,
      data,
      ...(children ? { children } : {}),
    });
    const encodeList = ({ style, items }: List): object[] =>
      items.map(({ words, isDone, children }) => {
        const type = { bullet: 'bulleted_list', ordered: 'numbered_list', task: 'todo_list' }[style];
        return node(
          type,
          { delta: delta(words), ...(isDone === undefined ? {} : { checked: isDone }) },
          children.flatMap(encodeList),
        );
      });
    const children = document.flatMap((each): object[] => {
      switch (each.kind) {
        case 'list':
          return [...encodeList(each), node('divider', {})];
        case 'heading':
          return [node('heading', { delta: delta(each.words), level: each.level })];
        case 'code':
          return [node('code', { delta: [{ insert: each.lines.join('\n') }], language: 'meta' })];
        case 'rule':
          return [node('divider', {})];
        case 'table': {
          const cell = (words: string) => node('simple_table_cell', {}, [node('paragraph', { delta: delta(words) })]);
          const rows = each.rows.map((row) => node('simple_table_row', {}, row.map(cell)));
          return [node('simple_table', { enable_header_row: true, column_colors: { 0: 'meta' } }, rows)];
        }
        default:
          return [node(each.kind, { delta: delta('words' in each ? each.words : ''), bgColor: 'meta' })];
      }
    });
    return { document: node('page', {}, children) };
  },
};

export const ENCODERS: Readonly<Record<string, Encoder>> = {
  Tiptap: proseMirror(
    { bullet: 'bulletList', ordered: 'orderedList', task: 'taskList' },
    (isTask) => (isTask ? 'taskItem' : 'listItem'),
    (checked) => ({ checked }),
  ),
  ADF: proseMirror(
    { bullet: 'bulletList', ordered: 'orderedList', task: 'taskList' },
    (isTask) => (isTask ? 'taskItem' : 'listItem'),
    (isDone) => ({ state: isDone ? 'DONE' : 'TODO', localId: 'meta' }),
  ),
  Lexical: lexical,
  Slate: slate,
  BlockNote: blockNote,
  'Portable Text': portableText,
  'Draft.js': draft,
  Quill: quill,
  Notion: notion,
  'Editor.js': editorJs,
  Gutenberg: gutenberg,
  AppFlowy: appFlowy,
};
