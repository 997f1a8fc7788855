import { Outcomes } from '../../src/pipeline/outcome.js';
import type { EmbedJob } from '../../src/queue/job.js';

const job = (id: string) => ({ id, data: {} }) as EmbedJob;

describe('the outcomes of a fetch', () => {
  const [a, b] = [job('a'), job('b')];

  it('are complete when each job has one', () => {
    const outcomes = new Outcomes();
    outcomes.set(a, { kind: 'stored' });
    expect(outcomes.unsettled([a, b])).toEqual([b]);
    outcomes.set(b, { kind: 'lost' });
    expect(outcomes.unsettled([a, b])).toEqual([]);
    expect(() => outcomes.assertComplete([a, b])).not.toThrow();
  });

  it('throw an error that names the jobs without one', () => {
    const outcomes = new Outcomes();
    outcomes.set(a, { kind: 'gone' });
    expect(() => outcomes.assertComplete([a, b])).toThrow('jobs without an outcome: b');
  });

  it('throw an error if a job gets a second one', () => {
    const outcomes = new Outcomes();
    outcomes.set(a, { kind: 'stored' });
    expect(() => outcomes.set(a, { kind: 'skipped' })).toThrow(
      'job a already has the outcome stored; it cannot also be skipped',
    );
  });
});
