import type { BlocksTable } from '../../blocks/table.js';
import type { Config } from '../../config/config.js';
import { familyOf } from '../../embedder/model-families.js';

/** What a program must ask the model's server for to search in the stored vectors, as the API does. */
export interface SearchForm {
  readonly model: string;
  /** To be asked for; null while the column is not known. */
  readonly dimensions: number | null;
  /** Put before what is searched for, and nothing else. */
  readonly queryInstruction: string;
  /** Whether the model's own query form is known. */
  readonly isModelKnown: boolean;
}

export function searchForm({ model, queryInstruction }: Config, table: BlocksTable | undefined): SearchForm {
  return {
    model,
    dimensions: table?.dimensions ?? null,
    queryInstruction,
    isModelKnown: familyOf(model) !== undefined,
  };
}

/** For people. */
export function searchLines({ model, dimensions, queryInstruction, isModelKnown }: SearchForm): string[] {
  const before =
    queryInstruction === '' ? 'nothing before the query' : `before the query ${JSON.stringify(queryInstruction)}`;
  const asks = [model, ...(dimensions === null ? [] : [`${dimensions} dimensions`]), before].join(', ');
  return [
    `To search, ask for: ${asks}`,
    ...(isModelKnown || queryInstruction !== ''
      ? []
      : ["The model's own query form is not known here; if it has one, set PALDOCS_EMBEDDING_QUERY_INSTRUCTION."]),
  ];
}
