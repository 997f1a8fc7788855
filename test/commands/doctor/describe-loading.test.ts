import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { createDatabase } from '../../support/create-database.js';
import { describeWithServer } from '../../support/describe-with-server.js';
import type { TestDatabase } from '../../support/test-database.js';
import { embed } from '../../tools/stand-in/client.js';
import { runCheck } from './run-check.js';

const COLD = /; the model was not loaded, and loading it took ([789]\d\d ms|\d s)/;

describeWithServer('doctor', () => {
  let db: TestDatabase;
  let ollama: StandIn;
  beforeAll(async () => (db = await createDatabase()));
  beforeEach(async () => (ollama = await startStandIn({ loadMs: 700 })));
  afterEach(() => ollama.stop());

  async function found(environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const result = await runCheck('vectors', db, ollama, environment);
    expect(result).toMatchObject({ status: 'ok', fix: null });
    return result?.found ?? '';
  }

  it('says what loading a cold model took, when it is unloaded, and which variable keeps it loaded', async () => {
    const said = await found();
    expect(said).toMatch(COLD);
    expect(said).toMatch(
      /; without requests it is unloaded in (5 min|4 min 5\d s) \(PALDOCS_OLLAMA_KEEP_ALIVE keeps it loaded\)$/,
    );
  });

  it.each([
    ['90s', /; without requests it is unloaded in 1 min (30|2\d) s$/],
    ['7200', /; without requests it is unloaded in (2 h|1 h 59 min)$/],
    ['-1', /; it stays loaded$/],
  ])('does not name the variable if it is set: %s', async (keepAlive, stay) => {
    const said = await found({ PALDOCS_OLLAMA_KEEP_ALIVE: keepAlive });
    expect(said).toMatch(COLD);
    expect(said).toMatch(stay);
  });

  it.each([
    ['10m', /length 1; the model was already loaded; without requests it is unloaded in (10 min|9 min 5\d s)$/],
    [-1, /length 1; the model was already loaded; it stays loaded$/],
  ])('says that a model was loaded, and leaves it as it was: for %s', async (keepAlive, said) => {
    await embed(ollama, [], { keep_alive: keepAlive });
    expect(await found()).toMatch(said);
    expect(ollama.stats).toMatchObject({ model: 'loaded', loads: 1 });
  });

  it('does not say how long the model stays while other requests use it', async () => {
    await ollama.stop();
    ollama = await startStandIn({ textMs: 500, parallel: 2 });
    await embed(ollama, [], { keep_alive: '10m' });
    const other = embed(ollama, ['a', 'b', 'c', 'd', 'e', 'f']);
    await ollama.waitFor(({ stats }) => stats.running === 1);
    expect(await found()).toMatch(/length 1; the model was already loaded$/);
    await other;
  });

  it.each<[string, string, object]>([
    ['has no list of loaded models', '/api/ps', { kind: 'status', status: 404 }],
    ['is overloaded when asked for the list', '/api/ps', { kind: 'status', status: 503 }],
    ['has a list that is always empty', '/api/ps', { kind: 'garbage', body: '{"models":[]}' }],
    ['has something else there', '/api/ps', { kind: 'garbage', body: '<html>' }],
  ])('says nothing about loading if the server %s', async (_, endpoint, effect) => {
    ollama.faults.add({ endpoint, effect: effect as { kind: 'garbage'; body: string } });
    expect(await found()).toMatch(/all values finite, length 1$/);
  });

  it('counts the load by a text that is embedded to find out the model’s dimensions', async () => {
    await ollama.stop();
    ollama = await startStandIn({ loadMs: 700, model: 'my-model', nativeDimensions: 768 });
    ollama.faults.add({ endpoint: '/api/show', effect: { kind: 'garbage', body: '{}' } });
    expect(await found({ PALDOCS_EMBEDDING_MODEL: 'my-model' })).toMatch(COLD);
    expect(ollama.stats.loads).toBe(1);
  });
});
