import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../tools/project-root.js';

export interface SqlBlock {
  /** The line of the text that stands before it. */
  readonly title: string;
  readonly sql: string;
}

/** The ```sql blocks of a file in docs/, in order. */
export async function sqlBlocks(file: string): Promise<SqlBlock[]> {
  const text = await readFile(join(projectRoot(), 'docs', file), 'utf8');
  return [...text.matchAll(/([^\n]*)\n\n```sql\n([^]*?)```/g)].map(([, title = '', sql = '']) => ({ title, sql }));
}
