import { checkResumption } from '../../../../tools/crucible/checks/resumption.js';
import type { Nemesis } from '../../../../tools/crucible/nemesis.js';
import { Violations } from '../../../../tools/crucible/violation.js';
import { Model } from '../../../../tools/crucible/writer/model.js';

const nemesis = (name: string, holds: boolean): Nemesis => ({
  ...{ name, holds, disturbs: true },
  run: () => Promise.resolve(),
});
const HELD = { nemesis: nemesis('lock-table', true), from: 1_000, to: 4_000 };

/** An edit of block 1 while all work is held. */
function edited(): Model {
  const model = new Model();
  model.edits.push({ blockId: '1', at: 2_000, nature: 'good' });
  return model;
}

describe('the end of what held all work', () => {
  it.each([
    ['soon is as it must be', [4_300], [], { judged: 1, slowestMs: 300 }, 0],
    ['too late is a violation', [11_000], [], { judged: 1, slowestMs: 7_000 }, 1],
    ['while another fault is there is not judged', [11_000], [5_000], { judged: 0, slowestMs: 0 }, 0],
    ['before the next fault is judged', [4_300], [5_000], { judged: 1, slowestMs: 300 }, 0],
    ['that nothing waited for is not judged', [], [], { judged: 0, slowestMs: 0 }, 0],
  ])('followed by the first block stored %s', (_, stores, faults, expected, count) => {
    const violations = new Violations();
    const episodes = [HELD, ...faults.map((from) => ({ nemesis: nemesis('stall', false), from, to: from + 1_000 }))];
    const found = checkResumption({
      model: edited(),
      stores: stores.map((at) => ({ blockId: '1', at })),
      episodes,
      violations,
    });
    expect(found).toEqual(expected);
    expect(violations.all).toHaveLength(count);
  });
});
