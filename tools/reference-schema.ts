import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';

/** The SQL in `migrations-noop/` that sets up a database as the platform's API does: the tables, and the trigger. */
export async function referenceSchema(): Promise<{ readonly tables: string; readonly trigger: string }> {
  const directory = join(projectRoot(), 'migrations-noop');
  const [tables, trigger] = await Promise.all(
    ['schema.sql', 'trigger.sql'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  return { tables: tables ?? '', trigger: trigger ?? '' };
}
