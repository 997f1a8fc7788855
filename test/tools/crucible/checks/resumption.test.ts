import { checkResumption } from '../../../../tools/crucible/checks/resumption.js';
import type { Nemesis } from '../../../../tools/crucible/nemesis.js';
import { Violations } from '../../../../tools/crucible/violation.js';
import { Model } from '../../../../tools/crucible/writer/model.js';

const nemesis = (name: string, blocksAllWork: boolean, lingersMs = 0): Nemesis => ({
  ...{ name, blocksAllWork, delaysOthers: true, lingersMs },
  run: () => Promise.resolve(),
});
const BLOCKING = { nemesis: nemesis('lock-table', true), from: 1_000, to: 4_000 };

/** An edit of block 1 while all work is blocked. */
function edited(): Model {
  const model = new Model();
  model.edits.push({ blockId: '1', at: 2_000, kind: 'good' });
  return model;
}

describe('the end of a fault that blocks all work', () => {
  it.each([
    ['soon is no violation', [4_300], [], { checked: 1, slowestMs: 300 }, 0],
    ['too late is a violation', [11_000], [], { checked: 1, slowestMs: 7_000 }, 1],
    ['during another fault is not checked', [11_000], [5_000], { checked: 0, slowestMs: 0 }, 0],
    ['before the next fault is checked', [4_300], [5_000], { checked: 1, slowestMs: 300 }, 0],
    ['after another fault is checked', [11_000], [500], { checked: 1, slowestMs: 7_000 }, 1],
    ['is not checked if no block waited', [], [], { checked: 0, slowestMs: 0 }, 0],
  ])('followed by a stored block %s', (_, stores, faults, expected, count) => {
    const violations = new Violations();
    const injections = [
      BLOCKING,
      ...faults.map((from) => ({ nemesis: nemesis('stall', false), from, to: from + 1_000 })),
    ];
    const found = checkResumption({
      model: edited(),
      stores: stores.map((at) => ({ blockId: '1', at })),
      injections,
      violations,
    });
    expect(found).toEqual(expected);
    expect(violations.all).toHaveLength(count);
  });

  it('is not checked while another fault lingers that ended before', () => {
    const violations = new Violations();
    const found = checkResumption({
      model: edited(),
      stores: [{ blockId: '1', at: 11_000 }],
      injections: [BLOCKING, { nemesis: nemesis('swallow-connections', false, 20_000), from: 500, to: 1_500 }],
      violations,
    });
    expect(found.checked).toBe(0);
  });
});
