import { freeBuffer } from '../../src/base/free-buffer.js';

describe('a buffer that is freed', () => {
  test('has given its memory back at once', () => {
    const buffer = Buffer.from(new ArrayBuffer(1_000_000));
    freeBuffer(buffer);
    expect(buffer).toHaveLength(0);
  });

  test('is left as it was where other buffers share its memory', () => {
    const [text, neighbour] = [Buffer.from('text'), Buffer.from('neighbour')];
    freeBuffer(text);
    expect([text.toString(), neighbour.toString()]).toEqual(['text', 'neighbour']);
  });
});
