import { isTransient, reactionTo } from '../../src/postgres/sqlstate.js';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('a failure of the database', () => {
  it.each([
    '40001',
    '40P01',
    '53300',
    '55P03',
    '57P01',
    '57P02',
    '57P03',
    '57P05',
    '57014',
    '08006',
    '08P01',
    '25P03',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
  ])('with code %s is transient', (code) => {
    expect(isTransient(withCode(code))).toBe(true);
  });

  it.each(['23505', '42P01', '42703', '42501', '28P01', '3D000', '22P02', 'EACCES', ''])(
    'with code %j is not transient',
    (code) => {
      expect(isTransient(withCode(code))).toBe(false);
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('"%s" is transient', (message) => {
    expect(isTransient(new Error(message))).toBe(true);
  });

  it.each([
    ['of a prepared statement', '0A000', 'RevalidateCachedQuery', 'retry'],
    ["of a trigger's function", '42804', 'plpgsql_param_eval_recfield', 'retry'],
    ['of nothing', '42804', 'transformAssignedExpr', 'split'],
  ])('about the stale plan %s is retried on another connection, or split', (_, code, routine, reaction) => {
    expect(reactionTo(Object.assign(withCode(code), { routine }))).toBe(reaction);
  });

  it('on all addresses of a host is transient if one of them is', () => {
    expect(isTransient(new AggregateError([withCode('EACCES'), withCode('ECONNREFUSED')]))).toBe(true);
    expect(isTransient(new AggregateError([withCode('EACCES')]))).toBe(false);
  });

  it.each([undefined, null, 'ECONNREFUSED', { code: '40P01' }])(
    'that is not an Error (%j) is not transient',
    (thrown) => {
      expect(isTransient(thrown)).toBe(false);
    },
  );
});
