// Tests use the demo's embedded database.
export { openEmbeddedPostgres } from '../../tools/demo/embedded-postgres.js';
