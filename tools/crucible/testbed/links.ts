import { Proxy } from './proxy.js';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** The connections of one replica, each through its own proxy. */
export interface Links {
  /** The pool, to Postgres. */
  readonly pool: Proxy;
  /** The session that listens and holds the lease, to Postgres. */
  readonly session: Proxy;
  readonly ollama: Proxy;
}

export const LINK_NAMES = ['pool', 'session', 'ollama'] as const satisfies readonly (keyof Links)[];

export async function openLinks(targets: Readonly<Record<keyof Links, Target>>): Promise<Links> {
  const [pool, session, ollama] = await Promise.all([
    Proxy.start(targets.pool),
    Proxy.start(targets.session),
    Proxy.start(targets.ollama),
  ]);
  return { pool, session, ollama };
}

export function healLinks(links: Links): void {
  for (const name of LINK_NAMES) links[name].heal();
}

export async function closeLinks(links: Links): Promise<void> {
  await Promise.all(LINK_NAMES.map((name) => links[name].stop()));
}
