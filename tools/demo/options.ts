import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Keep running after the demo, until Ctrl-C. */
  readonly serve: boolean;
  readonly help: boolean;
}

/** A command line that cannot be used. */
export class UsageError extends Error {}

export const HELP = `npm run demo [-- --serve]

Shows the embedding worker doing its job: it imports the READMEs of the packages installed here
as notes and blocks, lets the real worker embed them, edits a block, and searches by meaning.

  --serve   keep running afterwards, until Ctrl-C: look at the metrics, search, edit
  --help    print this

Without further settings it needs nothing: PostgreSQL with pgvector runs within this process,
and a small sentence model behind a stand-in for Ollama. Environment:

  PALDOCS_DATABASE_URL  a PostgreSQL server to use instead. The demo makes two schemas of its own there,
                        embedding_demo_…, and drops them at the end. It touches nothing else.
  PALDOCS_OLLAMA_URL    an Ollama server to use instead, with PALDOCS_EMBEDDING_MODEL
  PALDOCS_HEALTH_PORT   port of /healthz, /readyz and /metrics; a free one unless set
  PALDOCS_LOG_LEVEL     what the worker logs to stderr; warn unless set
  NO_COLOR              no colours; there are none without a terminal either

The worker's other settings count as well, except for the names of tables and columns.
Exit status: 0 all blocks are embedded and the edited one is up to date, 1 not so, 2 usage or
configuration, 130 interrupted.
`;

/** @throws UsageError saying what cannot be used */
export function parseOptions(args: readonly string[]): DemoOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { serve: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    return values;
  } catch (error) {
    const [firstLine = ''] = error instanceof Error ? error.message.split('\n') : [String(error)];
    throw new UsageError(`${firstLine}\nTry: npm run demo -- --help`, { cause: error });
  }
}
