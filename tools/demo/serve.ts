import process from 'node:process';
import { createInterface } from 'node:readline';
import { editBlock } from './edit.js';
import { fact, say } from './output.js';
import { search } from './search.js';
import type { Stage } from './stage.js';

/** Keeps the worker running until the demo is interrupted. Each line of stdin is a search or an edit. */
export async function serve(stage: Stage, healthPort: number, editedId: string): Promise<void> {
  const { signal, table } = stage;
  say('\nThe worker keeps running until Ctrl-C.\n');
  fact('metrics', `curl http://127.0.0.1:${healthPort}/metrics`);
  fact('health', `curl http://127.0.0.1:${healthPort}/readyz`);
  fact('search', 'type a question, then Enter');
  fact('edit', `type: edit ${editedId} The new text of that block. (Searches show the number of each block.)`);
  if (stage.database.backend === 'postgres') {
    fact(
      'SQL',
      `psql "$PALDOCS_DATABASE_URL" -c 'SELECT id, block_type, embedding_status FROM ${table.blocks} LIMIT 9'`,
    );
  }
  say();
  if (signal.aborted) return;
  const lines = createInterface({ input: process.stdin });
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      lines.close();
      resolve();
    });
  });
  // One line after another, as in a shell.
  let last = Promise.resolve();
  lines.on('line', (line) => {
    last = last
      .then(() => execute(stage, line.trim(), editedId))
      .catch((error: unknown) => {
        if (!signal.aborted) say(`  ${error instanceof Error ? error.message : String(error)}\n`);
      });
  });
  await interrupted;
  await last;
}

async function execute(stage: Stage, line: string, editedId: string): Promise<void> {
  if (line === '') return;
  const [, id, text] = /^edit\s+(\d+)\s+(.+)$/.exec(line) ?? [];
  if (id === undefined || text === undefined) return await search(stage, line, editedId);
  const edit = await editBlock(stage, id, text);
  say(
    edit === undefined
      ? `  There is no block ${id}.\n`
      : `  Block ${id} has status ${edit.after.status} after ${edit.ms.toFixed(0)} ms.\n`,
  );
}
