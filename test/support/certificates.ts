import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './cluster/run.js';

export interface Authority {
  /** PEM file of its certificate. */
  readonly caFile: string;
  /** Issues a key and a certificate for a server with these names (`DNS:db` or `IP:127.0.0.1`, separated by commas). */
  issue(names: string, validity?: 'now' | 'past'): Promise<Issued>;
  /** Deletes all files. */
  remove(): Promise<void>;
}

export interface Issued {
  readonly keyFile: string;
  readonly certFile: string;
}

/** Creates a certificate authority for a test, with OpenSSL, which PostgreSQL's package installs. */
export async function createAuthority(name: string): Promise<Authority> {
  const directory = await mkdtemp(join(tmpdir(), 'embedding-worker-ca-'));
  await chmod(directory, 0o755); // for a server that runs as another user
  const at = (file: string) => join(directory, file);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', ['req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', `/CN=${name}`]);
  let count = 0;
  return {
    caFile: at('ca.crt'),
    issue: async (names, validity = 'now') => {
      const [keyFile, request, certFile, extensions] = ['key', 'csr', 'crt', 'ext'].map((end) =>
        at(`server-${count}.${end}`),
      ) as [string, string, string, string];
      count += 1;
      await run('openssl', ['req', ...key, '-keyout', keyFile, '-out', request, '-subj', '/CN=server']);
      await writeFile(extensions, `subjectAltName=${names}\n`);
      const [from, to] = validity === 'past' ? ['20200101000000Z', '20200201000000Z'] : [];
      await writeFile(at('index.txt'), '');
      await writeFile(at('ca.cnf'), CONFIGURATION.replaceAll('DIRECTORY', directory));
      const dates = from === undefined || to === undefined ? ['-days', '2'] : ['-startdate', from, '-enddate', to];
      await run('openssl', [
        ...['ca', '-batch', '-config', at('ca.cnf'), '-cert', at('ca.crt'), '-keyfile', at('ca.key')],
        ...['-in', request, '-out', certFile, '-notext', '-extfile', extensions, '-outdir', directory, ...dates],
      ]);
      await chmod(keyFile, 0o644); // another user copies it, and it protects only this test's server
      return { keyFile, certFile };
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

const CONFIGURATION = `[ca]
default_ca = one
[one]
database = DIRECTORY/index.txt
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
`;
