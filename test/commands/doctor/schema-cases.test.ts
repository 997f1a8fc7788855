import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import { runDoctorChecks } from '../../support/doctor-checks.js';
import { workerEnvironment } from '../../support/worker-in-process.js';
import { SCHEMA_CASES } from '../../support/worker-schema-cases.js';

/** Checks of the database, and of the model that must fit its column. */
const CHECKS = ['database', 'pgvector', 'tables', 'privileges', 'trigger', 'own write', 'ollama', 'model', 'vectors'];

describeWithServer('doctor, on a database that startup refuses because it', () => {
  let ollama: StandIn;
  beforeAll(async () => {
    ollama = await startStandIn();
  });
  afterAll(() => ollama.stop());

  it.each(SCHEMA_CASES)(
    '$name, reports the same',
    async ({ variant, sql, environment, message, doctorMessage = message }) => {
      const db = await createDatabase(variant);
      if (sql !== undefined) await db.query(sql);
      const checks = await runDoctorChecks({ ...workerEnvironment(db, ollama, environment) }, CHECKS);
      const told = checks
        .filter((result) => result.status === 'failed')
        .map(({ found, fix }) => [found, ...(fix?.split('\n') ?? []).map((line) => `  fix: ${line}`)].join('\n'));
      expect(told.join('\n')).toMatch(doctorMessage);
    },
  );
});
