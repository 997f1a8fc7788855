import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The SQL of `migrations-noop/`, for databases of our own: the tables, and apart from them the trigger. */
export async function referenceSchema(): Promise<{ readonly tables: string; readonly trigger: string }> {
  const directory = join(projectRoot(), 'migrations-noop');
  const [tables, trigger] = await Promise.all(
    ['schema.sql', 'trigger.sql'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  return { tables: tables ?? '', trigger: trigger ?? '' };
}

/** Where package.json is: this file runs from `tools/demo/` in Jest and from `dist-tools/tools/demo/` once compiled. */
export function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  return directory;
}
