import { parseFlags } from './flags.js';
import { startStandIn, type StandIn } from './stand-in.js';

/**
 * The stand-in as a process of its own: flags as in `parseFlags`; one line of JSON on stdout once it listens; SIGTERM or
 * SIGINT ends it with status 0. `launchStandIn` starts it from another process, and it ends with that one.
 */
async function main(): Promise<void> {
  let standIn: StandIn;
  try {
    standIn = await startStandIn({ controlPort: 0, ...parseFlags(process.argv.slice(2)) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
    return;
  }
  const end = () => void standIn.stop().then(() => process.connected && process.disconnect());
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(signal, end);
  const where = { url: standIn.url, controlUrl: standIn.controlUrl, pid: process.pid };
  console.log(JSON.stringify(where));
  process.send?.(where);
}

await main();
