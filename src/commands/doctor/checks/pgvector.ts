import { requirePgvector } from '../../../blocks/checks/pgvector.js';
import { readExtension } from '../../../postgres/read-extension.js';
import { ok, warning, type Check } from '../check.js';

/** 0.8.0 to 0.8.3 can corrupt an HNSW index or overflow a buffer while building one (pgvector's changelog). */
const FAULTY = /^0\.8(\.[0-3])?$/;

export const pgvectorCheck: Check = {
  name: 'pgvector',
  needs: ['database'],
  run: async ({ database }) => {
    const installed = await requirePgvector(database);
    if (!FAULTY.test(installed)) return ok(`version ${installed}`);
    const { available } = await readExtension(database, 'vector');
    const update = 'ALTER EXTENSION vector UPDATE;';
    return warning(
      `version ${installed} has known faults (index corruption, buffer overflow), fixed in 0.8.4`,
      available !== null && available !== installed && !FAULTY.test(available)
        ? update
        : `install pgvector 0.8.4 or later on the server, then\n${update}`,
    );
  },
};
