import { readServer } from '../../../database/read-server.js';
import { refusalOf, withoutSecrets } from '../../../database/reachable.js';
import { isTransient } from '../../../database/faults.js';
import { errorCode } from '../../../errors.js';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from '../check.js';

/** The session that listens is ended by `idle_session_timeout`, which is new in 14. */
const OLDEST = 140_000;

export const databaseCheck: Check = {
  name: 'database',
  needs: [],
  run: async (context) => {
    const server = await reach(context);
    if ('status' in server) return server;
    const where = `PostgreSQL ${server.version} at ${withoutSecrets(context.config.databaseUrl)}, as ${server.role}`;
    if (server.versionNumber < OLDEST) {
      return failed(`${where}: older than 14`, 'upgrade the server to PostgreSQL 14 or later');
    }
    if (server.readOnly) {
      return failed(
        `${where}: read only, so that nothing can be stored`,
        `point PALDOCS_DATABASE_URL at the primary; or, where the role is set so: ALTER ROLE "${server.role}" RESET default_transaction_read_only;`,
      );
    }
    if (context.config.unchecked.length > 0) {
      return warning(
        `${where}; its certificate is not checked`,
        `${context.config.unchecked.join(' and ')}: sslmode=verify-full, with sslrootcert=FILE for an authority of your own`,
      );
    }
    return ok(where);
  },
};

async function reach({ config, database }: CheckContext): Promise<Awaited<ReturnType<typeof readServer>> | Finding> {
  try {
    return await readServer(database);
  } catch (error) {
    const refusal = refusalOf(error, 'PALDOCS_DATABASE_URL', config.databaseUrl);
    if (refusal !== undefined) throw refusal;
    if (!isTransient(error)) throw error;
    // What may pass is not waited for here.
    const reason = errorCode(error) ?? String(error);
    return failed(
      `${withoutSecrets(config.databaseUrl)} cannot be reached (${reason})`,
      'start the server, or correct host and port in PALDOCS_DATABASE_URL',
    );
  }
}
