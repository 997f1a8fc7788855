import { findLoaded } from '../../src/embedder/loaded-models.js';

const TIME = '2026-03-01T10:20:30.123456789+01:00';
const AT = new Date('2026-03-01T09:20:30.123Z');

describe('the list of loaded models', () => {
  it.each<[string, object]>([
    ['all-minilm', { name: 'all-minilm:latest', model: 'all-minilm:latest' }],
    ['all-minilm:latest', { name: 'all-minilm', model: 'all-minilm' }],
    ['all-minilm', { model: 'all-minilm:latest' }],
    ['All-MiniLM:L6', { name: 'all-minilm:l6' }],
    ['library/all-minilm', { name: 'all-minilm:latest' }],
    ['registry.ollama.ai/library/all-minilm', { name: 'all-minilm:latest' }],
    ['me/mine', { name: 'me/mine:latest' }],
    ['hf.co/Qwen/Qwen3-Embedding-0.6B-GGUF:Q8_0', { name: 'hf.co/Qwen/Qwen3-Embedding-0.6B-GGUF:Q8_0' }],
    ['host:5000/me/mine', { name: 'host:5000/me/mine:latest' }],
    ['https://host:5000/me/mine', { name: 'host:5000/me/mine:latest' }],
  ])('has the model %s as %j', (model, listed) => {
    const models = [
      { name: 'other:latest', expires_at: '2026-01-01T00:00:00Z' },
      { ...listed, expires_at: TIME },
    ];
    expect(findLoaded({ models }, model)).toEqual({ isLoaded: true, expiresAt: AT });
  });

  it.each([
    ['all-minilm', []],
    ['all-minilm', [{ name: 'all-minilm:l6' }]],
    ['all-minilm', [{ name: 'me/all-minilm:latest' }]],
    ['qwen3-embedding:4b', [{ name: 'qwen3-embedding:0.6b' }, 'qwen3-embedding:4b', null, { name: 4 }]],
  ])('does not have the model %s: %j', (model, models) => {
    expect(findLoaded({ models }, model)).toEqual({ isLoaded: false, expiresAt: null });
  });

  it.each([undefined, null, 3, 'soon'])('may not tell when the model expires: %j', (expiry) => {
    expect(findLoaded({ models: [{ name: 'm', expires_at: expiry }] }, 'm')).toEqual({
      isLoaded: true,
      expiresAt: null,
    });
  });

  it.each([undefined, null, [], 'models', {}, { models: null }, { models: {} }])('is not %j', (answer) => {
    expect(findLoaded(answer, 'm')).toBeNull();
  });
});
