import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Proxy } from '../../../../tools/crucible/testbed/proxy.js';

describe('the proxy of the crucible', () => {
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

  const disturbed: readonly [string, () => void][] = [
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

  it.each(disturbed)('stops with a connection that is %s and whose ends are gone', async (_, disturb) => {
    const client = await join();
    disturb();
    client.destroy();
    for (const socket of accepted) socket.destroy();
    await once(client, 'close');
    await expect(proxy.stop()).resolves.toBeUndefined();
  });

  it('stops with a connection that is not read and whose end is lost while it is written to', async () => {
    const client = await join();
    for (const socket of accepted) socket.unpipe().pause();
    client.write(Buffer.alloc(32 * 1024 * 1024)); // more than fits into the buffers on the way
    await sleep(200); // until they are full, for which there is no event
    proxy.stall();
    proxy.halfOpen();
    for (const socket of accepted) socket.resetAndDestroy();
    client.resetAndDestroy();
    await sleep(200); // time to notice the lost end
    await expect(proxy.stop()).resolves.toBeUndefined();
  });
});
