import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import { call, embed } from './client.js';

let ollama: StandIn;
beforeAll(async () => {
  ollama = await startStandIn({ recordTexts: true });
});
afterAll(() => ollama.stop());
afterEach(() => ollama.faults.clear());

const control = (method: string, path: string, body?: string | object) =>
  call(ollama.controlUrl, method, `/stand-in/${path}`, body);

describe('the control endpoints', () => {
  test('add, list and remove faults', async () => {
    const added = await control('POST', 'faults', [
      { preset: 'busy', count: 1 },
      { preset: 'nan', text: 'bad' },
    ]);
    expect(added).toMatchObject({ status: 201, json: [{ name: 'busy', hits: 0 }, { name: 'nan' }] });
    expect(await embed(ollama, 'a')).toMatchObject({ status: 503 });
    const [busy] = (await control('GET', 'faults')).json as unknown as [{ id: number; hits: number }];
    expect(busy.hits).toBe(1);
    expect(await control('DELETE', `faults?id=${busy.id}`)).toMatchObject({ status: 200 });
    expect(await control('DELETE', `faults?id=${busy.id}`)).toMatchObject({ status: 404 });
    expect(ollama.faults.list.map(({ rule }) => rule.name)).toEqual(['nan']);
    await control('DELETE', 'faults');
    expect(ollama.faults.list).toEqual([]);
  });

  test.each([
    ['malformed JSON', '{', /JSON/],
    ['a preset that does not exist', '"busybody"', /preset: there is no preset named "busybody"/],
    ['neither preset nor effect', {}, /needs either "preset" or "effect"/],
    ['an effect of no known kind', { effect: { kind: 'explode' } }, /effect.kind: "explode" is none of status/],
    ['an effect that lacks a field', { effect: { kind: 'delay' } }, /effect.ms: expected a number/],
    ['an effect with an unknown choice', { effect: { kind: 'drop', when: 'never' } }, /effect.when: "never"/],
    ['a condition of the wrong type', { preset: 'busy', count: 'two' }, /count: expected a number/],
    ['a number', '5', /fault: expected an object/],
  ])('refuses %s and adds nothing', async (_, body, error) => {
    const reply = await control('POST', 'faults', body);
    expect(reply).toMatchObject({ status: 400, json: { error: expect.stringMatching(error) } });
    expect(ollama.faults.list).toEqual([]);
  });

  test('change the costs of requests', async () => {
    expect((await control('GET', 'costs')).json).toEqual({ requestMs: 0, textMs: 0, textSquaredMs: 0, characterMs: 0 });
    const changed = { requestMs: 15, textMs: 5, textSquaredMs: 0, characterMs: 0 };
    expect(await control('PATCH', 'costs', { requestMs: 15, textMs: 5 })).toMatchObject({ status: 200, json: changed });
    const before = ollama.stats.busyMs;
    await embed(ollama, ['x', 'y'], { dimensions: 32 });
    expect(ollama.stats.busyMs - before).toBeCloseTo(25, 3);

    const refused = { status: 400, json: { error: 'textMs: expected a number from 0 up' } };
    expect(await control('PATCH', 'costs', { requestMs: 1, textMs: -1 })).toMatchObject(refused);
    expect(ollama.costs).toEqual(changed);
    ollama.setCosts({ requestMs: 0, textMs: 0 });
  });

  test('release hanging requests', async () => {
    await control('POST', 'faults', '"hang"');
    const request = embed(ollama, 'a', { dimensions: 32 });
    await ollama.waitFor(({ stats }) => stats.hanging === 1);
    await control('POST', 'release');
    expect(await request).toMatchObject({ status: 200 });
  });

  test('return statistics, and the requests after a number', async () => {
    await embed(ollama, ['x', 'y'], { dimensions: 32 });
    const { requests, byStatus } = (await control('GET', 'stats')).json as { requests: number; byStatus: object };
    expect(byStatus).toMatchObject({ 200: expect.any(Number) });
    const latest = await control('GET', `requests?after=${requests - 1}`);
    expect(latest.json).toMatchObject([
      { number: requests, path: '/api/embed', status: 200, texts: 2, dimensions: 32, recordedTexts: ['x', 'y'] },
    ]);
    await control('DELETE', 'requests');
    expect((await control('GET', 'requests')).json).toEqual([]);
  });

  test('answer 404 to other paths, and are not logged', async () => {
    const { requests } = ollama.stats;
    expect(await control('GET', 'nonsense')).toMatchObject({ status: 404 });
    expect(ollama.stats.requests).toBe(requests);
  });
});
