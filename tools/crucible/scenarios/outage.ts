import { setTimeout as sleep } from 'node:timers/promises';
import { EXPIRE_SECONDS } from '../testbed/timing.js';
import { all, atMost, none, type Scenario, type Measurement } from './scenario.js';
import { PRODUCTION, type Fixture } from './fixture.js';

const BLOCKS = 5_000;
const DEFAULT_SECONDS = 600;

async function measureOutage(fixture: Fixture, seconds: number): Promise<Measurement[]> {
  const { ollama } = fixture.testbed;
  const undo = await ollama.inject('refuse');
  await fixture.insert(BLOCKS);
  await sleep(seconds * 1000);
  const before = await fixture.count('completed');
  await undo();
  const firstSeconds = await fixture.secondsUntil('completed', before + 1, 60);
  const allSeconds = await fixture.secondsUntil('completed', BLOCKS, 300);
  return [
    atMost(`first vector after an outage of ${seconds} s`, firstSeconds, 5),
    all('blocks stored', await fixture.count('completed'), BLOCKS),
    none('blocks in error', await fixture.count('error')),
    none('workers that ended by themselves', fixture.crashes),
    { what: 'all stored after', value: `${allSeconds.toFixed(1)} s`, target: 'any', pass: Number.isFinite(allSeconds) },
  ];
}

export const outage: Scenario = {
  name: 'outage',
  what: `Ollama is away for 10 minutes (--seconds) with ${BLOCKS} blocks pending, default settings`,
  options: { replicas: 1, environment: PRODUCTION },
  measure: (fixture, seconds = DEFAULT_SECONDS) => measureOutage(fixture, seconds),
};

export const longOutage: Scenario = {
  name: 'long-outage',
  what: 'Ollama is away for three times a job’s expiry',
  options: { replicas: 2 },
  measure: (fixture) => measureOutage(fixture, 3 * EXPIRE_SECONDS),
};
