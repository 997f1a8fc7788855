import { readServer } from '../../../postgres/read-server.js';
import { describeAddress } from '../../../postgres/address.js';
import { connectionRefusal } from '../../connect/connection-refusal.js';
import { ENABLE_TLS_FIX, VERIFY_TLS_FIX, writableFix } from '../../connect/fixes.js';
import { READ_ONLY } from '../../connect/require-writable.js';
import { isTransient } from '../../../postgres/sqlstate.js';
import { errorCode } from '../../../base/errors.js';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from '../check.js';

/** The listening session relies on `idle_session_timeout`, which is new in 14. */
const MIN_VERSION = 140_000;

export const databaseCheck: Check = {
  name: 'database',
  needs: [],
  run: async (context) => {
    const server = await reach(context);
    if ('status' in server) return server;
    const where = `PostgreSQL ${server.version} at ${describeAddress(context.config.databaseUrl)}, as ${server.role}`;
    if (server.versionNumber < MIN_VERSION) {
      return failed(`${where}: version 14 or later is required`, 'upgrade the server to PostgreSQL 14 or later');
    }
    if (server.readOnly) {
      return failed(`${where}: it ${READ_ONLY}`, writableFix(server.role));
    }
    if (context.database.isPlain === true) {
      return warning(`${where}; the connection is not encrypted, because the server offers no TLS`, ENABLE_TLS_FIX);
    }
    if (context.config.unverifiedTls.length > 0) {
      return warning(
        `${where}; its certificate is not verified`,
        `${context.config.unverifiedTls.join(' and ')}: ${VERIFY_TLS_FIX}`,
      );
    }
    return ok(where);
  },
};

/** Does not wait for an error that may pass, as startup does. */
async function reach({ config, database }: CheckContext): Promise<Awaited<ReturnType<typeof readServer>> | Finding> {
  try {
    return await readServer(database);
  } catch (error) {
    const refusal = connectionRefusal(error, 'PALDOCS_DATABASE_URL', config.databaseUrl);
    if (refusal !== undefined) throw refusal;
    if (!isTransient(error)) throw error;
    const reason = errorCode(error) ?? String(error);
    return failed(
      `${describeAddress(config.databaseUrl)} cannot be reached (${reason})`,
      'start the server, or correct host and port in PALDOCS_DATABASE_URL',
    );
  }
}
