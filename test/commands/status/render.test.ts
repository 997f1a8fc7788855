import { renderStatus } from '../../../src/commands/status/render.js';
import type { PassState } from '../../../src/leader/pass-state.js';
import type { Replica } from '../../../src/leader/replicas.js';
import type { StatusSnapshot } from '../../../src/commands/status/snapshot.js';

const SNAPSHOT: StatusSnapshot = {
  at: '2026-01-31T12:00:00.000Z',
  blocks: {
    total: 1_234_567,
    estimated: true,
    byStatus: { pending: 12_345, processing: 0, completed: 1_222_222, error: 0, skipped: 0 },
    byType: { paragraph: { pending: 12_345, processing: 0, completed: 1_222_222, error: 0, skipped: 0 } },
    embeddedShare: 0.99,
  },
  jobs: { created: 10_000, retry: 2, active: 100, deadLetters: 3 },
  oldestWaitingSeconds: 3_725,
  ratePerSecond: 0.02,
  etaSeconds: 617_250,
  hold: null,
  sweep: { share: 0.42, throughIndex: false, lastAt: '2026-01-31T11:58:00.000Z', lastSeconds: 54.3, left: 12_345 },
  workers: {
    count: 1,
    leader: 'pod\u001b[2J',
    gatesClosed: ['pod'],
    notificationsDown: [],
    held: [],
    instances: [replica('pod', 64)],
  },
};

function replica(instance: string, requestTexts: number): Replica {
  return { instance, leader: true, gateClosed: true, notificationsDown: false, held: false, requestTexts };
}

describe('the output of status', () => {
  it('rounds estimates to two digits and counts failed blocks that a sample misses', () => {
    expect(renderStatus(SNAPSHOT, 'Ollama')).toEqual([
      'block type  pending  processing  completed  error  skipped      total',
      'paragraph    12,000           0  1,200,000      0        0  1,200,000',
      'all          12,000           0  1,200,000      0        0  1,200,000',
      'Block counts are estimates from a sample of the table.',
      '',
      'embedded      about 99.0 % (skipped blocks not counted)',
      'jobs          10,000 queued, 2 waiting to retry, 100 active, 3 dead letters',
      'longest wait  1 h 2 min',
      'rate          72 blocks per hour',
      'remaining     about 12,000 blocks, done in about 7 d 3 h',
      'errors        3 blocks failed permanently (see: embedding-worker errors)',
      'workers       1 connected, leader pod␛[2J',
      'request size  64 texts',
      'sweep         42.0 % of a pass done; last complete pass 2 min ago, in 54 s; left 12,345 blocks for later',
      'gate          closed: Ollama cannot embed now; blocks wait until it recovers (see: embedding-worker doctor)',
    ]);
  });

  it('names the least and the most where replicas have learned different request sizes', () => {
    const instances = [replica('a', 64), replica('b', 1), replica('c', 128)];
    const lines = renderStatus({ ...SNAPSHOT, workers: { ...SNAPSHOT.workers, count: 3, instances } }, 'Ollama');
    expect(lines).toContain('request size  1 to 128 texts');
  });

  it.each([
    [{}, 'last complete pass 2 min ago, in 54 s'],
    [{ throughIndex: true }, 'last complete pass through the index 2 min ago, in 54 s'],
    [{ lastAt: null, lastSeconds: null }, 'no complete one since this leader was elected'],
    [
      { share: 0.001, throughIndex: true, lastAt: null, lastSeconds: null },
      '0.1 % of a pass through the index done; no complete one since this leader was elected',
    ],
    [{ left: 1 }, 'last complete pass 2 min ago, in 54 s; left 1 block for later'],
  ])('describes a sweep with %j', (state, text) => {
    const sweep = { ...SNAPSHOT.sweep, share: null, throughIndex: false, left: 0, ...state } as PassState;
    expect(renderStatus({ ...SNAPSHOT, sweep }, 'Ollama')).toContain(`sweep         ${text}`);
  });
});
