import { proxyFor } from '../../src/config/proxy.js';
import { loadConfig } from '../../src/config/config.js';
import { embeddingServer } from '../../src/config/embedding-server.js';
import { refusalOf } from '../support/config-refusal.js';

const PLAIN = 'http://ollama.ollama.svc.cluster.local:11434';
const SECURE = 'https://api.example.com/v1';
const REQUIRED = { PALDOCS_DATABASE_URL: 'postgresql://db/paldocs' };
const OPENAI = { PALDOCS_EMBEDDING_PROVIDER: 'openai', PALDOCS_OPENAI_URL: SECURE, PALDOCS_EMBEDDING_MODEL: 'm' };

describe('the proxy', () => {
  it.each<[string, string, Record<string, string>, string | undefined]>([
    ['none is set', PLAIN, {}, undefined],
    ['the scheme has one', PLAIN, { HTTP_PROXY: 'http://p:3128' }, 'http://p:3128'],
    ['the scheme has one, of TLS', SECURE, { HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128'],
    ['the other scheme has one', PLAIN, { HTTPS_PROXY: 'http://p:3128' }, undefined],
    ['the other scheme has one, of TLS', SECURE, { HTTP_PROXY: 'http://p:3128' }, undefined],
    ['its name is in lower case', SECURE, { https_proxy: 'http://p:3128' }, 'http://p:3128'],
    ['its name is there in both', SECURE, { https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'http://low:1'],
    ['the one in lower case is empty', SECURE, { https_proxy: '', HTTPS_PROXY: 'http://up:1' }, 'http://up:1'],
    ['it has no scheme', SECURE, { HTTPS_PROXY: 'me:pw@p:3128' }, 'http://me:pw@p:3128'],
    ['it speaks TLS itself', SECURE, { HTTPS_PROXY: 'https://p:3129/' }, 'https://p:3129/'],
    ['there is white space around it', SECURE, { HTTPS_PROXY: ' http://p:3128\n' }, 'http://p:3128'],
  ])('is chosen if %s: %s %j', (_, url, environment, expected) => {
    expect(proxyFor(url, environment)).toBe(expected);
  });

  const list: [string, string, boolean][] = [
    ['http://ollama:11434', 'ollama', true],
    ['http://ollama:11434', 'Ollama', true],
    ['http://OLLAMA.:11434', 'ollama', true],
    ['http://ollama:11434', 'llama', false],
    ['http://ollama:11434', 'olla', false],
    ['http://ollama:11434', '*', true],
    ['http://ollama:11434', 'a, *', true],
    ['http://ollama:11434', 'localhost,127.0.0.1 ollama', true],
    ['http://ollama:11434', ' , ,', false],
    ['http://ollama:11434', '.', false],
    [PLAIN, '.svc.cluster.local', true],
    [PLAIN, 'cluster.local', true],
    [PLAIN, '*.cluster.local', true],
    [PLAIN, 'ster.local', false],
    [PLAIN, '.cluster.local.', true],
    [PLAIN, '.cluster.local:11434', true],
    [PLAIN, 'ollama.ollama.svc.cluster.local:80', false],
    ['http://ollama', 'ollama:80', true],
    ['https://ollama', 'ollama:443', true],
    ['https://ollama', 'ollama:80', false],
    ['http://cluster.local', '.cluster.local', true],
    ['http://10.1.2.3:11434', '10.1.2.3', true],
    ['http://10.1.2.3:11434', '10.1.2.3:11434', true],
    ['http://10.1.2.3:11434', '10.1.2.3:80', false],
    ['http://10.1.2.3:11434', '10.0.0.0/8', true],
    ['http://10.1.2.3:11434', '10.1.2.0/24', true],
    ['http://10.1.2.3:11434', '10.1.3.0/24', false],
    ['http://10.1.2.3:11434', '0.0.0.0/0', true],
    ['http://10.1.2.3:11434', '10.0.0.0/33', false],
    ['http://10.1.2.3:11434', '10.0.0.0/x', false],
    ['http://10.1.2.3:11434', '.2.3', false],
    ['http://[::1]:11434', '::1', true],
    ['http://[::1]:11434', '[::1]', true],
    ['http://[::1]:11434', '[::1]:11434', true],
    ['http://[::1]:11434', '[::1]:80', false],
    ['http://[fd00:0:0::12]:11434', 'fd00::/8', true],
    ['http://[fd00:0:0::12]:11434', 'fe80::/10', false],
    ['http://[fd00:0:0::12]:11434', '10.0.0.0/8', false],
  ];
  it.each(list)('for %s with NO_PROXY=%s: bypassed is %s', (url, exempt, isDirect) => {
    const environment = { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:1' };
    const expected = isDirect ? undefined : 'http://p:1';
    expect(proxyFor(url, { ...environment, NO_PROXY: exempt })).toBe(expected);
    expect(proxyFor(url, { ...environment, no_proxy: exempt, NO_PROXY: 'other' })).toBe(expected);
  });

  it.each([
    'hush hush',
    'http://',
    'http://me:hush@',
    'socks5://me:hush@p:1080',
    'ftp://p/hush',
    'http://me:hu/hush@p:1',
    'http://me:1?hush@p:1',
    'http://me:1#hush@p:1',
    'http://me:50%hush@p:1',
    'http://p:port-hush',
  ])('is rejected if its URL is %s, by the name of its variable and without the value', (value) => {
    for (const variable of ['HTTP_PROXY', 'http_proxy']) {
      const refusal = refusalOf({ ...REQUIRED, [variable]: value });
      expect(refusal).toMatch(new RegExp(`^${variable}: is not the URL of an HTTP proxy`));
      expect(refusal).not.toContain('hush');
    }
    expect(refusalOf({ ...REQUIRED, ...OPENAI, HTTPS_PROXY: value })).toMatch(/^HTTPS_PROXY: /);
  });

  it('may have any value if it is not used', () => {
    expect(() => loadConfig({ ...REQUIRED, HTTPS_PROXY: 'socks5://p' })).not.toThrow();
    expect(() => loadConfig({ ...REQUIRED, HTTP_PROXY: 'socks5://p', NO_PROXY: '.svc.cluster.local' })).not.toThrow();
  });

  it('is that for the embedding server', () => {
    const proxies = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:1' };
    expect(embeddingServer(loadConfig({ ...REQUIRED, ...proxies })).proxy).toBe('http://plain:1');
    expect(embeddingServer(loadConfig({ ...REQUIRED, ...OPENAI, ...proxies })).proxy).toBe('http://secure:1');
  });
});
