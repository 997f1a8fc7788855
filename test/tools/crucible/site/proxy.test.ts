import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Proxy } from '../../../../tools/crucible/site/proxy.js';

describe('the proxy', () => {
  let server: Server;
  let proxy: Proxy;
  const accepted: Socket[] = [];
  beforeEach(async () => {
    server = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await Proxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const socket of accepted.splice(0)) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  async function join(): Promise<Socket> {
    const client = connect({ host: '127.0.0.1', port: proxy.port });
    client.on('error', () => undefined);
    client.write('hello');
    await once(client, 'data');
    return client;
  }

  const spoilt: readonly [string, () => void][] = [
    ['passing', () => undefined],
    ['stalled', () => proxy.stall()],
    ['half-open', () => proxy.halfOpen()],
    [
      'first stalled and then half-open',
      () => {
        proxy.stall();
        proxy.halfOpen();
        proxy.heal();
      },
    ],
  ];

  it.each(spoilt)('stops with a connection that is %s and whose ends have gone', async (_, spoil) => {
    const client = await join();
    spoil();
    client.destroy();
    for (const socket of accepted) socket.destroy();
    await once(client, 'close');
    await expect(proxy.stop()).resolves.toBeUndefined();
  });

  it('stops with a connection that reads no more and of which one end is lost while it is written to', async () => {
    const client = await join();
    for (const socket of accepted) socket.unpipe().pause();
    client.write(Buffer.alloc(32 * 1024 * 1024)); // more than the buffers on the way hold
    await sleep(200); // they fill up, and there is no event for it
    proxy.stall();
    proxy.halfOpen();
    for (const socket of accepted) socket.resetAndDestroy();
    client.resetAndDestroy();
    await sleep(200); // until the lost end is noticed, or would be
    await expect(proxy.stop()).resolves.toBeUndefined();
  });
});
