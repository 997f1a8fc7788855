import { expect, it } from '@jest/globals';
import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import { queryText } from '../../../tools/retrieval/query-text.js';

it('a query is sent alone, after the instruction of the documents, or in the form of the platform’s model', () => {
  expect(queryText('undo', 'bare')).toBe('undo');
  expect(queryText('undo', 'instruction')).toBe(`${DEFAULT_INSTRUCTION}undo`);
  expect(queryText('undo', 'instruct')).toMatch(/^Instruct: .+\nQuery:undo$/);
});
