import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SETTING, eachChoiceAlone, nameOf, readSettings } from '../../../tools/retrieval/settings.js';

describe('settings', () => {
  it('are by default what the worker does, and a query without an instruction', () => {
    expect(DEFAULT_SETTING).toEqual({
      context: 'headings',
      query: 'bare',
      documents: 'instruction',
      tables: 'header-value',
      code: 'language',
    });
  });

  it('are read from their names, and named so that they can be read again', () => {
    const names = ['default', 'context=path', 'context=title+query=instruct'];
    const settings = readSettings(names.join(','));
    expect(settings[2]).toEqual({ ...DEFAULT_SETTING, context: 'title', query: 'instruct' });
    expect(settings.map(nameOf)).toEqual(names);
  });

  it('are each measured alone if none are named', () => {
    expect(eachChoiceAlone().map(nameOf)).toEqual([
      'default',
      'context=none',
      'context=title',
      'context=path',
      'query=instruction',
      'query=instruct',
      'documents=bare',
      'tables=pipes',
      'code=bare',
    ]);
  });

  it.each([
    { names: 'contexts=path', says: '--settings: unknown "contexts=path"; use default, or context=…, query=…' },
    { names: 'default,context=tree', says: '"context=tree"; context is one of headings, none, title, path' },
    { names: 'context', says: '"context"; context is one of headings, none, title, path' },
  ])('$names is rejected, with what is known', ({ names, says }) => {
    expect(() => readSettings(names)).toThrow(says);
  });
});
