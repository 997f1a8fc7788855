import type { Nemesis, NemesisContext } from '../nemesis.js';
import type { Replica } from '../testbed/replica.js';
import { LINK_NAMES } from '../testbed/links.js';
import type { Proxy } from '../testbed/proxy.js';
import { LOST_MS } from '../testbed/timing.js';
import { sleep } from '../../../src/base/sleep.js';

function victimOf({ testbed, random }: NemesisContext): Replica | undefined {
  const { replicas } = testbed.fleet;
  return replicas.length === 0 ? undefined : random.pick(replicas);
}

function linkOf(victim: Replica, { random }: NemesisContext): Proxy {
  return victim.links[random.pick(LINK_NAMES)];
}

/** A worker's connections stay open on both sides, but nothing passes through them ever again. */
export const halfOpen: Nemesis = {
  name: 'half-open',
  delaysOthers: true,
  lingersMs: LOST_MS,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    linkOf(victim, context).halfOpen();
    await sleep(context.random.between(1_000, 4_000), context.signal);
  },
};

/** Holds back all bytes for a while, then delivers them. */
export const stall: Nemesis = {
  name: 'stall',
  delaysOthers: true,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    const link = linkOf(victim, context);
    link.stall();
    await sleep(context.random.pick([500, 3_000, 12_000]), context.signal);
    link.heal();
  },
};

/** Resets connections, and often refuses new ones for a while. */
export const partition: Nemesis = {
  name: 'partition',
  delaysOthers: true,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    const link = linkOf(victim, context);
    link.refuse(context.random.chance(0.7));
    link.reset();
    await sleep(context.random.between(300, 5_000), context.signal);
    link.heal();
  },
};

/** Delays every packet. */
export const lag: Nemesis = {
  name: 'lag',
  delaysOthers: true,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    for (const name of LINK_NAMES) victim.links[name].delay(context.random.between(10, 80));
    await sleep(context.random.between(1_000, 5_000), context.signal);
    for (const name of LINK_NAMES) victim.links[name].delay(0);
  },
};
