import { PRIORITY } from '../../src/queue/job.js';
import { WorkNotifier } from '../../src/queue/work-notifier.js';
import { MemoryLog } from '../support/worker-log.js';

describe('notifying all replicas of new jobs', () => {
  it('is settled once every notification has been sent', async () => {
    const answers: PromiseWithResolvers<never[]>[] = [];
    const query = () => {
      const answer = Promise.withResolvers<never[]>();
      answers.push(answer);
      return answer.promise;
    };
    const notifier = new WorkNotifier({ database: { query }, queue: 'embed-block', log: new MemoryLog() });
    notifier.wakeEverywhere(1, PRIORITY.live);
    notifier.wakeEverywhere(1, PRIORITY.backlog);
    let isSettled = false;
    const settled = notifier.settled().then(() => (isSettled = true));

    answers[1]?.resolve([]);
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);

    answers[0]?.reject(new Error('connection lost'));
    await settled;
  });
});
