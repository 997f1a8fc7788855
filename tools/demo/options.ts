import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Whether to keep running afterwards, until Ctrl-C. */
  readonly serve: boolean;
  readonly help: boolean;
}

/** The command line is wrong. */
export class UsageError extends Error {}

export const HELP = `Usage: npm run demo [-- --serve]

Shows the embedding worker at work: it inserts the READMEs of the packages installed here as notes
and blocks, lets the worker embed them, edits a block, searches by meaning, and checks the result.
It takes one or two minutes.

  --serve   keep running afterwards, until Ctrl-C, to look at the metrics, to search and to edit
  --help    print this

It needs no other program and no settings: PostgreSQL with pgvector runs inside this process, and a
small sentence model takes the place of Ollama. Environment variables change that:

  PALDOCS_DATABASE_URL  use this PostgreSQL server. The demo creates two schemas there, whose names
                        begin with embedding_demo_, and drops them at the end. It changes nothing else.
  PALDOCS_OLLAMA_URL    use this Ollama server, with the model in PALDOCS_EMBEDDING_MODEL
  PALDOCS_HEALTH_PORT   port of /healthz, /readyz and /metrics; by default a free one
  PALDOCS_LOG_LEVEL     level of the worker's log on stderr; by default warn
  NO_COLOR              print no colours

The worker's other variables apply as well, except those that name tables and columns.

Exit status: 0 if all blocks are embedded and the edited block has its new vector, 1 if not, 2 if
the command line or a variable is wrong, 130 if interrupted by Ctrl-C.
`;

/** @throws UsageError naming the wrong argument */
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
