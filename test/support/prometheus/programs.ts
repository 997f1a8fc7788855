import { describe, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { runEnvironment } from '../run-environment.js';

export interface Programs {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Where `.ci/install-prometheus` puts them. */
const TOOLS = join(import.meta.dirname, '../../../.tools/prometheus');

/** Looks in PATH, then where `.ci/install-prometheus` puts them. */
function findPrograms(): Programs | undefined {
  for (const directory of [...(process.env['PATH'] ?? '').split(delimiter), TOOLS]) {
    const programs = { prometheus: join(directory, 'prometheus'), promtool: join(directory, 'promtool') };
    const run = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
    if (directory !== '' && run(programs.prometheus) && run(programs.promtool)) return programs;
  }
  return undefined;
}

/**
 * `describe` for tests that need Prometheus and, with `server`, a PostgreSQL server. If one is missing, they are skipped, which
 * their title says. With CI set, a missing Prometheus is a failure, like a missing server.
 */
export function describeWithPrometheus(
  name: string,
  { server }: { readonly server: boolean },
  define: (programs: Programs) => void,
): void {
  const programs = findPrograms();
  if (programs === undefined) {
    if (['', '0', 'false'].includes((process.env['CI'] ?? '').toLowerCase())) {
      describe.skip(`${name} (skipped: no Prometheus; .ci/install-prometheus fetches it)`, () => {
        define({ prometheus: 'prometheus', promtool: 'promtool' });
      });
    } else {
      it(`${name}: needs Prometheus`, () => {
        throw new Error(
          'No prometheus and promtool, which .ci/install-prometheus fetches. With CI set, these tests must run.',
        );
      });
    }
  } else if (server && runEnvironment().server === undefined) {
    describe.skip(`${name} (skipped: no PostgreSQL server)`, () => {
      define(programs);
    });
  } else {
    describe(name, () => {
      define(programs);
    });
  }
}
