import { acceptsAnyCertificate, describeAddress, readAddress } from '../../src/postgres/address.js';
import { AddressError } from '../../src/postgres/server-address.js';

describe('the address of a database', () => {
  it.each<[string, object, string]>([
    ['postgresql://u:p@db:5433/x', { servers: [{ host: 'db', port: 5433 }], user: 'u', password: 'p' }, 'db:5433/x'],
    ['postgresql://u:p@/x?host=/run/postgresql', { servers: [{ host: '/run/postgresql' }] }, '/run/postgresql/x'],
    [
      'postgresql://u:p@/x?host=%2Frun%2Fpg&port=5433',
      { servers: [{ host: '/run/pg', port: 5433 }] },
      '/run/pg:5433/x',
    ],
    ['postgresql://u@%2Frun%2Fpostgresql/x', { servers: [{ host: '/run/postgresql' }] }, '/run/postgresql/x'],
    ['postgresql://u@%2Frun%2Fpg:5433/x', { servers: [{ host: '/run/pg', port: 5433 }] }, '/run/pg:5433/x'],
    [
      'postgresql:///x?host=/run/postgresql',
      { servers: [{ host: '/run/postgresql' }], database: 'x' },
      '/run/postgresql/x',
    ],
    ['postgresql:///x?host=db', { servers: [{ host: 'db' }] }, 'db/x'],
    ['postgresql://elsewhere/x?host=db', { servers: [{ host: 'db' }] }, 'db/x'],
    ['postgresql://u:p%2F%40@db/a%20b', { password: 'p/@', database: 'a b' }, 'db/a b'],
    ['postgresql://u:100%@db/x', { password: '100%' }, 'db/x'],
    ['postgresql://db?user=u&password=p&dbname=x&port=1', { user: 'u', password: 'p', database: 'x' }, 'db:1/x'],
    ['postgresql://[::1]:5433/x', { servers: [{ host: '::1', port: 5433 }] }, '[::1]:5433/x'],
    ['postgresql:///x?host=::1', { servers: [{ host: '::1' }] }, '[::1]/x'],
    ['postgresql://db/x?hostaddr=10.0.0.1', { servers: [{ host: 'db', hostAddress: '10.0.0.1' }] }, 'db/x'],
    [
      'postgresql://a,b:5433/x',
      { servers: [{ host: 'a' }, { host: 'b', port: 5433 }], target: 'read-write' },
      'a,b:5433/x',
    ],
    [
      'postgresql:///x?host=a,b&port=1,2',
      {
        servers: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
      'a:1,b:2/x',
    ],
    [
      'postgresql:///x?host=a:1&host=b:2',
      {
        servers: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
      'a:1,b:2/x',
    ],
    [
      'postgresql://a,b/x?port=1',
      {
        servers: [
          { host: 'a', port: 1 },
          { host: 'b', port: 1 },
        ],
      },
      'a:1,b:1/x',
    ],
    ['postgresql://a,b/x?target_session_attrs=any', { target: 'any' }, 'a,b/x'],
    ['postgresql://a/x?target_session_attrs=primary', { target: 'primary' }, 'a/x'],
    ['postgresql://a/x', { target: 'any', tls: undefined }, 'a/x'],
    ['postgresql://db', { database: undefined }, 'db'],
  ])('is read from %s', (url, expected, described) => {
    expect(readAddress(url)).toMatchObject(expected);
    expect(describeAddress(url)).toBe(described);
  });

  it.each([
    ['sslmode=disable', 'disable', false],
    ['sslmode=allow', 'prefer', true],
    ['sslmode=prefer', 'prefer', true],
    ['ssl=prefer', 'prefer', true],
    ['sslmode=prefer&host=/run/postgresql', 'prefer', false],
    ['sslmode=require', 'verify-full', false],
    ['sslmode=verify-ca', 'verify-full', false],
    ['sslmode=verify-full', 'verify-full', false],
    ['ssl=true', 'verify-full', false],
    ['sslmode=no-verify', 'no-verify', true],
    ['sslrootcert=system', undefined, false],
    ['sslrootcert=/ca.crt', 'verify-full', false],
    ['sslnegotiation=direct', 'verify-full', false],
    ['application_name=x', undefined, false],
  ])('with %s has the mode %s', (parameters, tls, unverifiedTls) => {
    const address = readAddress(`postgresql://db/x?${parameters}`);
    expect(address.tls).toBe(tls);
    expect(acceptsAnyCertificate(address)).toBe(unverifiedTls);
  });

  it.each([
    ['postgresql://db:port/x', 'is not a URL'],
    ['postgresql://db:70000/x', 'is not a URL'],
    ['postgresql://a b/x', 'is not a URL'],
    ['postgresql://u:12/ss@db/x', 'has an @ after the host'],
    ['postgresql://db/x?sslmode=maybe', 'has an unknown TLS mode'],
    ['postgresql://db/x?sslmode=prefer&sslnegotiation=direct', 'sslnegotiation=direct needs TLS'],
    ['postgresql://a,b/x?port=1,2,3', 'does not have one value in port= for each host'],
    ['postgresql://a,b/x?hostaddr=10.0.0.1', 'does not have one value in hostaddr= for each host'],
    [
      'postgresql://a,b/x?target_session_attrs=standby',
      'asks for a server that cannot store anything: give read-write',
    ],
    ['postgresql://a/x?target_session_attrs=writable', 'has an unknown target_session_attrs: give read-write'],
  ])('%s is rejected', (url, problem) => {
    expect(() => readAddress(url)).toThrow(AddressError);
    expect(() => readAddress(url)).toThrow(problem);
  });
});
