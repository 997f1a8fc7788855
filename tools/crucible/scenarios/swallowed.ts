import { setTimeout as sleep } from 'node:timers/promises';
import { all, atMost, none, type Measurement, type Scenario } from './scenario.js';
import { PRODUCTION, type Fixture } from './fixture.js';

const BLOCKS = 3_000;
/** After this time, the vectors of all earlier answers are stored. */
const SETTLED_MS = 1_000;

async function measureSwallowed(fixture: Fixture, limitSeconds: number): Promise<Measurement[]> {
  const { ollama } = fixture.testbed;
  await fixture.insert(BLOCKS);
  await fixture.secondsUntil('completed', 100, 30);
  const measurements: Measurement[] = [];
  for (const time of ['first', 'second']) {
    await ollama.swallow();
    const swallowed = performance.now();
    await sleep(SETTLED_MS);
    const before = await fixture.count('completed');
    await fixture.secondsUntil('completed', before + 1, 120);
    measurements.push(atMost(`progress again, ${time} time`, (performance.now() - swallowed) / 1000, limitSeconds));
    await fixture.secondsUntil('completed', before + 200, 60);
  }
  await fixture.secondsUntil('completed', BLOCKS, 300);
  return [
    ...measurements,
    all('blocks stored', await fixture.count('completed'), BLOCKS),
    none('failures counted', await fixture.failures()),
  ];
}

const OPTIONS = { replicas: 1, requestMs: 50, textMs: 10 };

export const swallowed: Scenario = {
  name: 'swallowed',
  what: 'all connections to Ollama are swallowed, twice, default settings',
  options: { ...OPTIONS, environment: PRODUCTION },
  measure: (fixture) => measureSwallowed(fixture, 20),
};

export const swallowedOpenAi: Scenario = {
  name: 'swallowed-openai',
  what: 'the same with OpenAI’s API',
  options: {
    ...OPTIONS,
    environment: {
      ...PRODUCTION,
      PALDOCS_EMBEDDING_PROVIDER: 'openai',
      PALDOCS_EMBEDDING_MODEL: 'qwen3-embedding:4b',
    },
  },
  measure: (fixture) => measureSwallowed(fixture, 35),
};
