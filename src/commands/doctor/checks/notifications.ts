import { describeAddress } from '../../../postgres/address.js';
import { DIRECT_FIX, refusalOf } from '../../connect/require-reachable.js';
import { sharesBackends } from '../../../postgres/shared-backends.js';
import { notifyRoundTrip } from '../../../postgres/round-trip.js';
import { failed, ok, type Check } from '../check.js';

const TIMEOUT_MS = 3_000;

export const notificationsCheck: Check = {
  name: 'notifications',
  needs: ['database'],
  run: async ({ config, database }) => {
    const { databaseUrl, listenDatabaseUrl } = config;
    const through = listenDatabaseUrl === databaseUrl ? '' : ` through ${describeAddress(listenDatabaseUrl)}`;
    const fix =
      listenDatabaseUrl === databaseUrl
        ? DIRECT_FIX
        : 'let PALDOCS_LISTEN_DATABASE_URL reach the same database as PALDOCS_DATABASE_URL, and not through a pooler';
    let tookMs: number | undefined;
    try {
      if (listenDatabaseUrl === databaseUrl && (await sharesBackends(database))) {
        return failed(
          'the URL leads to a pooler in transaction mode, through which LISTEN and the leader’s lock are lost',
          fix,
        );
      }
      tookMs = await notifyRoundTrip(database, TIMEOUT_MS);
    } catch (error) {
      const refusal = refusalOf(error, 'PALDOCS_LISTEN_DATABASE_URL', listenDatabaseUrl);
      if (refusal !== undefined && listenDatabaseUrl !== databaseUrl) throw refusal;
      const reason = error instanceof Error ? error.message : String(error);
      return failed(`a session that listens cannot be opened${through}: ${reason}`, fix);
    }
    if (tookMs !== undefined) return ok(`sent and received${through} in ${Math.max(1, Math.round(tookMs))} ms`);
    return failed(
      `sent, but not received${through} within ${TIMEOUT_MS / 1000} s: a pooler in transaction mode, such as PgBouncer, swallows LISTEN`,
      fix,
    );
  },
};
