import { rotatingLookup, type ResolveAll } from '../../src/embedder/rotating-lookup.js';

/** Resolves to these addresses, shuffled as name servers do. */
function resolvesTo(...addresses: readonly string[]): ResolveAll {
  let asked = 0;
  return (_hostname, _options, callback) => {
    const start = (asked += 2) % Math.max(1, addresses.length);
    const shuffled = [...addresses.slice(start), ...addresses.slice(0, start)];
    callback(
      null,
      shuffled.map((address) => ({ address, family: 4 })),
    );
  };
}

type Look = ReturnType<typeof rotatingLookup>;
const all = (look: Look): Promise<string[]> =>
  new Promise((resolve, reject) => {
    look('ollama', { all: true }, (error, found) => {
      if (error === null && Array.isArray(found)) resolve(found.map(({ address }) => address));
      else reject(error ?? new Error(`not a list: ${JSON.stringify(found)}`));
    });
  });

describe('the addresses of a name', () => {
  const PODS = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

  it('take turns in first place, equally often', async () => {
    const look = rotatingLookup(resolvesTo(...PODS));
    const first: (string | undefined)[] = [];
    for (let n = 0; n < 9; n++) first.push((await all(look))[0]);
    for (const pod of PODS) expect(first.filter((address) => address === pod)).toHaveLength(3);
    expect(new Set(first.slice(0, 3)).size).toBe(3);
  });

  it('are all returned, so that Node can try the others', async () => {
    expect((await all(rotatingLookup(resolvesTo(...PODS)))).toSorted()).toEqual(PODS);
  });

  it('take turns if only one is requested', async () => {
    const look = rotatingLookup(resolvesTo(...PODS));
    const found = new Set<unknown>();
    for (let n = 0; n < 3; n++) {
      found.add(
        await new Promise((resolve) => {
          look('ollama', {}, (_error, address) => {
            resolve(address);
          });
        }),
      );
    }
    expect([...found].sort()).toEqual(PODS);
  });

  it('that cannot be resolved are an error', async () => {
    const missing = Object.assign(new Error('getaddrinfo ENOTFOUND ollama'), { code: 'ENOTFOUND' });
    const look = rotatingLookup((_hostname, _options, callback) => {
      callback(missing, []);
    });
    await expect(all(look)).rejects.toBe(missing);
  });
});
