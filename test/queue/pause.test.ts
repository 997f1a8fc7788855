import { pauseOf } from '../../src/queue/pause.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const SINCE = '2026-01-31T11:00:00.000Z';

describe('the record of a pause', () => {
  it.each([
    [['backlog'], null],
    [['backlog', 'live'], '2026-01-31T12:00:00.001Z'],
  ])('pauses %j until %p', (parts, until) => {
    expect(pauseOf({ parts, since: SINCE, until }, NOW)).toEqual({
      parts,
      since: new Date(SINCE),
      until: until === null ? null : new Date(until),
    });
  });

  it('pauses nothing once its time is over', () => {
    expect(pauseOf({ parts: ['backlog'], since: SINCE, until: '2026-01-31T12:00:00.000Z' }, NOW)).toBeNull();
  });

  it('pauses the parts that it knows', () => {
    expect(pauseOf({ parts: ['search', 'live'], since: SINCE, until: null }, NOW)).toMatchObject({ parts: ['live'] });
  });

  it.each([
    null,
    'pause',
    [],
    {},
    { parts: ['backlog'], since: SINCE },
    { parts: 'backlog', since: SINCE, until: null },
    { parts: ['search'], since: SINCE, until: null },
    { parts: [], since: SINCE, until: null },
    { parts: ['backlog'], since: 'yesterday', until: null },
    { parts: ['backlog'], since: SINCE, until: 'tomorrow' },
    { parts: ['backlog'], since: SINCE, until: 1_800_000_000_000 },
  ])('from another program (%j) pauses nothing', (data) => {
    expect(pauseOf(data, NOW)).toBeNull();
  });
});
