import { setTimeout as sleep } from 'node:timers/promises';
import { all, atMost, none, type Measurement, type Scenario } from './scenario.js';
import { PRODUCTION, type Fixture } from './fixture.js';

const REPLICAS = 8;

export const coldLoad: Scenario = {
  name: 'cold-load',
  what: 'eight workers wait for a model that loads for two minutes',
  options: { replicas: REPLICAS, environment: PRODUCTION, requestMs: 20, textMs: 5, loadMs: 120_000 },
  measure: async (fixture) => {
    const blocks = 2_000;
    await fixture.insert(blocks);
    const seconds = await fixture.secondsUntil('completed', blocks, 300);
    const { loads } = await fixture.testbed.ollama.stats();
    return [
      atMost('all blocks stored', seconds, 180),
      none('loads that were broken off', loads - 1),
      ...(await nothingSentTwice(fixture, blocks)),
    ];
  },
};

export const slowServer: Scenario = {
  name: 'slow-server',
  what: 'eight workers share a server that takes 20 times as long for two minutes',
  options: { replicas: REPLICAS, environment: PRODUCTION, requestMs: 50, textMs: 5 },
  measure: async (fixture) => {
    const blocks = 6_000;
    await fixture.insert(blocks);
    await fixture.secondsUntil('completed', 1_500, 120);
    await fixture.testbed.ollama.slowDown(20);
    await sleep(120_000);
    const slow = await fixture.count('completed');
    await fixture.testbed.ollama.slowDown(1);
    await fixture.secondsUntil('completed', blocks, 300);
    return [
      { what: 'blocks left after the slow time', value: String(blocks - slow), target: '> 0', pass: slow < blocks },
      all('blocks stored', await fixture.count('completed'), blocks),
      ...(await nothingSentTwice(fixture, blocks)),
    ];
  },
};

async function nothingSentTwice(fixture: Fixture, blocks: number): Promise<Measurement[]> {
  const requests = await fixture.testbed.ollama.requestsWith('scenario');
  const sent = requests.reduce((sum, { texts }) => sum + texts, 0);
  return [none('texts sent twice', sent - blocks), none('failures counted', await fixture.failures())];
}
