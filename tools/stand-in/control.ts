import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SWALLOW_SCOPES, type SwallowScope } from './connections.js';
import { parseCosts, type Costs } from './costs.js';
import { jsonAnswer, readBody, send, TEXT_TYPE, type Answer } from './exchange.js';
import { parseSpec } from './fault-rule.js';
import { HungUp } from './refusal.js';
import type { Faults } from './faults.js';
import type { RequestRecord } from './request-log.js';

/** Path of the control endpoints, which Ollama does not have. */
export const CONTROL_PREFIX = '/stand-in/';

/** What the control endpoints need of a StandIn. */
export interface Controllable {
  readonly faults: Faults;
  readonly requests: readonly RequestRecord[];
  readonly stats: object;
  readonly costs: Costs;
  setCosts(changed: Partial<Costs>): void;
  forgetRequests(): void;
  swallow(scope: SwallowScope, except: Socket): number;
  faultsApplied(): Promise<void>;
}

/**
 * The control endpoints, for use from another process:
 *
 *     GET    /stand-in/stats                 StandInStats
 *     GET    /stand-in/requests?after=N      RequestRecord[] with numbers above N
 *     DELETE /stand-in/requests              empties the request log
 *     GET    /stand-in/costs                 Costs
 *     PATCH  /stand-in/costs                 changes some, for requests that start from now on → Costs
 *     GET    /stand-in/faults                the active rules, with id and hits
 *     POST   /stand-in/faults                a FaultSpec or an array of them → the rules added
 *     DELETE /stand-in/faults[?id=N]         removes one rule, or all
 *     POST   /stand-in/release               continues hanging requests
 *     POST   /stand-in/swallow[?scope=S]     swallows open connections, `all` or those `embedding` → { connections: how many }
 */
export async function handleControl(standIn: Controllable, request: IncomingMessage, response: ServerResponse) {
  try {
    const answer = control(standIn, request, await readBody(request));
    await standIn.faultsApplied();
    send(response, answer);
  } catch (error) {
    if (error instanceof HungUp) return;
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    send(response, jsonAnswer(400, { error: error.message }));
  }
}

function control(standIn: Controllable, request: IncomingMessage, body: string): Answer {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  switch (`${request.method} ${url.pathname.slice(CONTROL_PREFIX.length)}`) {
    case 'GET stats':
      return jsonAnswer(200, standIn.stats);
    case 'GET requests': {
      const after = Number(url.searchParams.get('after') ?? 0);
      return jsonAnswer(
        200,
        standIn.requests.filter((record) => record.number > after),
      );
    }
    case 'DELETE requests':
      standIn.forgetRequests();
      return jsonAnswer(200, {});
    case 'GET costs':
      return jsonAnswer(200, standIn.costs);
    case 'PATCH costs':
      standIn.setCosts(parseCosts(JSON.parse(body)));
      return jsonAnswer(200, standIn.costs);
    case 'GET faults':
      return jsonAnswer(200, standIn.faults.list);
    case 'POST faults': {
      const value: unknown = JSON.parse(body);
      const specs = (Array.isArray(value) ? value : [value]).map(parseSpec);
      return jsonAnswer(
        201,
        specs.map((spec) => standIn.faults.add(spec)),
      );
    }
    case 'DELETE faults': {
      const id = url.searchParams.get('id');
      if (id === null) standIn.faults.clear();
      else if (!standIn.faults.remove(Number(id))) return jsonAnswer(404, { error: `there is no fault with id ${id}` });
      return jsonAnswer(200, {});
    }
    case 'POST release':
      standIn.faults.release();
      return jsonAnswer(200, {});
    case 'POST swallow': {
      const asked = url.searchParams.get('scope') ?? 'all';
      const scope = SWALLOW_SCOPES.find((one) => one === asked);
      if (scope === undefined) throw new TypeError(`scope: "${asked}" is none of ${SWALLOW_SCOPES.join(', ')}`);
      return jsonAnswer(200, { connections: standIn.swallow(scope, request.socket) });
    }
    default:
      return { status: 404, body: 'no such control endpoint', headers: TEXT_TYPE };
  }
}
