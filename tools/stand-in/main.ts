import { parseFlags } from './flags.js';
import { startStandIn, type StandIn } from './stand-in.js';
import { USAGE } from './usage.js';

/**
 * Runs the stand-in as a process: see USAGE. `launchStandIn` starts it from another process, and then it ends with that
 * process.
 */
async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return;
  }
  let standIn: StandIn;
  try {
    standIn = await startStandIn({ controlPort: 0, ...parseFlags(args) });
  } catch (error) {
    console.error(`stand-in: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
    return;
  }
  const end = () => void standIn.stop().then(() => process.connected && process.disconnect());
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(signal, end);
  const started = { url: standIn.url, controlUrl: standIn.controlUrl, pid: process.pid };
  console.log(JSON.stringify(started));
  process.send?.(started);
}

await main(process.argv.slice(2));
