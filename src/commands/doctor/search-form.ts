import type { BlocksTable } from '../../blocks/table.js';
import type { Config } from '../../config/config.js';
import { familyOf } from '../../embedder/model-families.js';

/** What the API must ask the embedding server for, to search the stored vectors. */
export interface SearchForm {
  readonly model: string;
  /** To ask for; null while the column is unknown. */
  readonly dimensions: number | null;
  /** Put before the query, and before nothing else. */
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

/** The same as lines of text. */
export function searchLines({ model, dimensions, queryInstruction, isModelKnown }: SearchForm): string[] {
  const prefix = queryInstruction === '' ? 'no prefix' : `the prefix ${JSON.stringify(queryInstruction)}`;
  const size = dimensions === null ? '' : `, ${dimensions} dimensions`;
  return [
    `To search, embed the query with the model ${model}${size} and ${prefix}.`,
    ...(isModelKnown || queryInstruction !== ''
      ? []
      : ["This model's query prefix is unknown; if it needs one, set PALDOCS_EMBEDDING_QUERY_INSTRUCTION."]),
  ];
}
