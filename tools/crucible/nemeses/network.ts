import type { Nemesis, NemesisContext } from '../nemesis.js';
import type { Replica } from '../site/replica.js';
import { LINK_NAMES } from '../site/links.js';
import type { Proxy } from '../site/proxy.js';
import { sleep } from '../../../src/base/sleep.js';

function victimOf({ site, random }: NemesisContext): Replica | undefined {
  const { replicas } = site.fleet;
  return replicas.length === 0 ? undefined : random.pick(replicas);
}

function linkOf(victim: Replica, { random }: NemesisContext): Proxy {
  return victim.links[random.pick(LINK_NAMES)];
}

/** The connections of a worker are open for both sides, and nothing passes any more, ever. */
export const halfOpen: Nemesis = {
  name: 'half-open',
  disturbs: true,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    linkOf(victim, context).halfOpen();
    await sleep(context.random.between(1_000, 4_000), context.signal);
  },
};

/** Nothing passes for a while, and then all of it does. */
export const stall: Nemesis = {
  name: 'stall',
  disturbs: true,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    const link = linkOf(victim, context);
    link.stall();
    await sleep(context.random.pick([500, 3_000, 12_000]), context.signal);
    link.heal();
  },
};

/** Connections are reset, and refused for a while. */
export const partition: Nemesis = {
  name: 'partition',
  disturbs: true,
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

/** Every piece takes longer. */
export const lag: Nemesis = {
  name: 'lag',
  disturbs: true,
  run: async (context) => {
    const victim = victimOf(context);
    if (victim === undefined) return;
    for (const name of LINK_NAMES) victim.links[name].delay(context.random.between(10, 80));
    await sleep(context.random.between(1_000, 5_000), context.signal);
    for (const name of LINK_NAMES) victim.links[name].delay(0);
  },
};
