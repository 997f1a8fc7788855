import { describeAddress } from '../../../postgres/address.js';
import { connectionRefusal } from '../../connect/connection-refusal.js';
import { DIRECT_URL_FIX } from '../../connect/fixes.js';
import { LOSES_SESSION } from '../../connect/require-session.js';
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
        ? DIRECT_URL_FIX
        : 'let PALDOCS_LISTEN_DATABASE_URL reach the same database as PALDOCS_DATABASE_URL, without a pooler';
    let tookMs: number | undefined;
    try {
      if (listenDatabaseUrl === databaseUrl && (await sharesBackends(database))) {
        return failed(`the URL leads to ${LOSES_SESSION}`, fix);
      }
      tookMs = await notifyRoundTrip(database, TIMEOUT_MS);
    } catch (error) {
      const refusal = connectionRefusal(error, 'PALDOCS_LISTEN_DATABASE_URL', listenDatabaseUrl);
      if (refusal !== undefined && listenDatabaseUrl !== databaseUrl) throw refusal;
      const reason = error instanceof Error ? error.message : String(error);
      return failed(`cannot open a listening session${through}: ${reason}`, fix);
    }
    if (tookMs !== undefined)
      return ok(`test notification sent and received${through} in ${Math.max(1, Math.round(tookMs))} ms`);
    return failed(
      `test notification sent, but not received${through} within ${TIMEOUT_MS / 1000} s: a pooler in transaction mode, such as PgBouncer, drops LISTEN`,
      fix,
    );
  },
};
