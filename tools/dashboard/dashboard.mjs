// Starts @pg-boss/dashboard for the configured database: `yarn dashboard`, after `yarn build`.
//
// It listens on 127.0.0.1 and is read-only, unless HOST and PGBOSS_DASHBOARD_READ_ONLY=0 say otherwise. PORT and the
// dashboard's other variables apply as well. The database URL is passed in the environment and never printed.
import process from 'node:process';

async function configure() {
  const { loadConfig } = await import('../../dist/config/config.js');
  const { databaseUrl, names } = loadConfig();
  // The dashboard takes several databases, separated by |.
  process.env.DATABASE_URL = databaseUrl.replaceAll('|', '%7C');
  process.env.PGBOSS_SCHEMA = names.schema;
  process.env.HOST ||= '127.0.0.1';
  process.env.PORT ||= '3000';
  process.env.PGBOSS_DASHBOARD_READ_ONLY ??= '1';
}

try {
  await configure();
  await import('@pg-boss/dashboard/build/server.js');
} catch (error) {
  const missing = error.code === 'ERR_MODULE_NOT_FOUND';
  process.stderr.write(`dashboard: ${missing ? 'run "yarn install && yarn build" first' : error.message}\n`);
  process.exit(missing ? 1 : 2);
}
