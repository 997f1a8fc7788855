import { readServer } from '../../../postgres/read-server.js';
import { describeAddress } from '../../../postgres/address.js';
import { PLAIN_FIX } from '../../connect/open-postgres.js';
import { READ_ONLY, refusalOf, UNCHECKED_FIX, writableFix } from '../../connect/require-reachable.js';
import { isTransient } from '../../../postgres/sqlstate.js';
import { errorCode } from '../../../base/errors.js';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from '../check.js';

/** The session that listens is ended by `idle_session_timeout`, which is new in 14. */
const OLDEST = 140_000;

export const databaseCheck: Check = {
  name: 'database',
  needs: [],
  run: async (context) => {
    const server = await reach(context);
    if ('status' in server) return server;
    const where = `PostgreSQL ${server.version} at ${describeAddress(context.config.databaseUrl)}, as ${server.role}`;
    if (server.versionNumber < OLDEST) {
      return failed(`${where}: older than 14`, 'upgrade the server to PostgreSQL 14 or later');
    }
    if (server.readOnly) {
      return failed(`${where}: it ${READ_ONLY}`, writableFix(server.role));
    }
    if (context.database.isPlain === true) {
      return warning(`${where}; the connection is not encrypted, since the server offers no TLS`, PLAIN_FIX);
    }
    if (context.config.unverifiedTls.length > 0) {
      return warning(
        `${where}; its certificate is not checked`,
        `${context.config.unverifiedTls.join(' and ')}: ${UNCHECKED_FIX}`,
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
      `${describeAddress(config.databaseUrl)} cannot be reached (${reason})`,
      'start the server, or correct host and port in PALDOCS_DATABASE_URL',
    );
  }
}
