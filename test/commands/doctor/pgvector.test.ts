import type { CheckContext } from '../../../src/commands/doctor/check.js';
import { pgvectorCheck } from '../../../src/commands/doctor/checks/pgvector.js';

/** The check reads nothing but the database's answer. */
function check(installed: string | null, available: string | null) {
  const database = { query: () => Promise.resolve([{ installed, available }]) };
  return pgvectorCheck.run({ database } as unknown as CheckContext);
}

describe('the check of pgvector', () => {
  it.each(['0.8', '0.8.0', '0.8.3'])('warns of %s, which has known faults', async (version) => {
    expect(await check(version, version)).toEqual({
      status: 'warning',
      found: `version ${version} has known faults (index corruption, buffer overflow), fixed in 0.8.4`,
      fix: 'install pgvector 0.8.4 or later on the server, then\nALTER EXTENSION vector UPDATE;',
    });
  });

  it('suggests only the update if the server already has a fixed version', async () => {
    expect(await check('0.8.1', '0.8.5')).toMatchObject({ fix: 'ALTER EXTENSION vector UPDATE;' });
  });

  it.each(['0.7.4', '0.8.4', '0.8.10', '0.9.0', '1.0.0'])('accepts %s', async (version) => {
    expect(await check(version, version)).toEqual({ status: 'ok', found: `version ${version}` });
  });

  it('distinguishes a server without pgvector from a database without it', async () => {
    await expect(check(null, null)).rejects.toMatchObject({
      message: 'the database has no pgvector: it is not installed on the server',
      fix: expect.stringMatching(/^install the package on the server .*\nCREATE EXTENSION vector;$/) as string,
    });
    await expect(check(null, '0.8.5')).rejects.toMatchObject({ fix: 'CREATE EXTENSION vector;' });
  });
});
