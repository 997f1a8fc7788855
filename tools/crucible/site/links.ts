import { Proxy } from './proxy.js';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** What one replica reaches the world through, each a proxy of its own. */
export interface Links {
  /** To Postgres, the pool. */
  readonly pool: Proxy;
  /** To Postgres, the session that listens and leads. */
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
