// The embedded database is the demo's; tests use the same one, under the name under which they look for it.
export { openEmbeddedPostgres } from '../../tools/demo/embedded-postgres.js';
