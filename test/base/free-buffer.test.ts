import { freeBuffer } from '../../src/base/free-buffer.js';

describe('freeing a buffer', () => {
  test('frees its memory at once', () => {
    const buffer = Buffer.from(new ArrayBuffer(1_000_000));
    freeBuffer(buffer);
    expect(buffer).toHaveLength(0);
  });

  test('does nothing if other buffers share its memory', () => {
    const [text, neighbour] = [Buffer.from('text'), Buffer.from('neighbour')];
    freeBuffer(text);
    expect([text.toString(), neighbour.toString()]).toEqual(['text', 'neighbour']);
  });
});
