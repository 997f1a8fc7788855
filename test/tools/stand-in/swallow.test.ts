import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { call, embed, MODEL } from './client.js';

const SMALL = { dimensions: 32 };

describe('a swallowed connection', () => {
  let ollama: StandIn;
  let agent: Agent;
  beforeEach(async () => {
    ollama = await startStandIn({ requestMs: 20 });
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });
  afterEach(async () => {
    agent.destroy();
    await ollama.stop();
  });

  /** Sends a request on the agent's connection. @returns resolves with true when it is answered, never otherwise */
  function send(path: string, body?: object): Promise<boolean> {
    const answered = Promise.withResolvers<boolean>();
    const sent = request(ollama.url + path, { agent, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      response.resume().once('end', () => answered.resolve(true));
    });
    sent.on('error', () => undefined); // the agent is destroyed at last
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return answered.promise;
  }

  /** Whether a promise is still pending after a request and its answer on another connection. */
  async function isPending(promise: Promise<boolean>): Promise<boolean> {
    expect(await embed(ollama, 'another', SMALL)).toMatchObject({ status: 200 });
    return !(await Promise.race([promise, Promise.resolve(false)]));
  }

  it('answers neither the request in flight nor later ones, and stays open, while new connections work', async () => {
    const arrived = once(ollama.events, 'request');
    const first = send('/api/embed', { model: MODEL, input: ['a'], ...SMALL });
    await arrived;
    expect(ollama.swallow()).toBe(1);
    expect(await isPending(first)).toBe(true);
    expect(ollama.requests[0]).toMatchObject({ state: 'swallowed', embedded: false });
    expect(ollama.stats).toMatchObject({ swallowed: 1, answered: 1, textsEmbedded: 1 });
    await ollama.waitFor(({ stats }) => stats.connections === 1);
  });

  it('answers no later request if it was idle', async () => {
    expect(await send('/api/version')).toBe(true);
    expect(ollama.swallow()).toBe(1);
    expect(await isPending(send('/api/version'))).toBe(true);
    expect(ollama.requests.map(({ path }) => path)).toEqual(['/api/version', '/api/embed']);
  });

  it('is none that was opened afterwards', async () => {
    expect(ollama.swallow()).toBe(0);
    expect(await send('/api/version')).toBe(true);
  });

  it('may be one of those on which texts are embedded, while idle ones work', async () => {
    expect(await send('/api/version')).toBe(true);
    const arrived = once(ollama.events, 'request');
    const embedding = embed(ollama, 'a', SMALL).catch(() => undefined);
    await arrived;
    expect(ollama.swallow('embedding')).toBe(1);
    expect(await send('/api/version')).toBe(true);
    await ollama.waitFor(({ stats }) => stats.swallowed === 1);
    await ollama.stop(); // ends the client
    await embedding;
  });

  it('is never that of the control request', async () => {
    expect(await send('/api/version')).toBe(true);
    const reply = await call(ollama.controlUrl, 'POST', '/stand-in/swallow?scope=all');
    expect(reply).toMatchObject({ status: 200, json: { connections: 1 } });
    expect(await call(ollama.controlUrl, 'POST', '/stand-in/swallow?scope=some')).toMatchObject({
      status: 400,
      json: { error: 'scope: "some" is none of all, embedding' },
    });
  });
});
