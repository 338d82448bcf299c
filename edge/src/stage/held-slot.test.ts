import { RetryBudget } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { AssertionSigner } from '../auth/assertion-signer.ts'
import { ControlSource } from '../auth/control-source.ts'
import { Exchange } from '../exchange.ts'
import { Cors } from '../http/cors.ts'
import { Deadline } from '../http/deadline.ts'
import { arrivalOf } from '../http/request-headers.ts'
import { OriginGate } from '../overload/origin-gate.ts'
import { ShedProblems } from '../overload/shed-problems.ts'
import { RandomIds } from '../platform/random-ids.ts'
import { askOrigin } from './ask-origin.ts'
import { type ForwardParts, forward } from './forward.ts'

/** Parts of an isolate whose key cannot sign. */
const partsWith = (gate: OriginGate): ForwardParts => ({
  endpoints: [{ url: 'http://127.0.0.1:1', rank: 0, gate }],
  control: new ControlSource(undefined, () => undefined),
  shedProblems: new ShedProblems(new Headers()),
  now: Date.now,
  random: () => 0.5,
  serverTiming: 'never',
  ids: new RandomIds(),
  signer: new AssertionSigner({ kty: 'OKP', crv: 'Ed25519', kid: 'k', x: 'x', d: 'd' }, Date.now),
  retryBudget: new RetryBudget(),
  cors: new Cors('*'),
  traces: undefined,
})

const unmatched = {
  kind: 'unmatched',
  problem: { code: 'not-found', detail: 'No such path.' },
  pattern: undefined,
} as const

const read = (parts: ForwardParts) => {
  const arrival = arrivalOf(new Request('https://api.example/v2/places/1'), Date.now())
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} }
  const exchange = new Exchange(arrival, unmatched, context, parts.ids)
  const now = Date.now()
  return forward(
    exchange,
    {
      method: 'GET',
      target: '/v2/places/1',
      fields: {},
      body: null,
      isRepeatable: true,
      priority: 'normal',
      deadline: new Deadline(now + 1_000, now),
      signal: undefined,
    },
    parts,
  )
}

const ask = (parts: ForwardParts) =>
  askOrigin({ path: '/internal/question', body: {}, timeoutMs: 1_000 }, parts)

describe('a slot at the origin', () => {
  it.each([
    ['a forwarded request', read],
    ['a question of the edge', ask],
  ])('is free again at once if the assertion of %s cannot be signed', async (_, send) => {
    const gate = new OriginGate()
    const { limit } = gate
    for (let attempt = 0; attempt < 2 * limit; attempt += 1) {
      await expect(send(partsWith(gate))).rejects.toThrow(/Ed25519|JWK|key/i)
    }
    expect(gate.inflight).toBe(0)
    // It says nothing about the origin.
    expect([gate.limit, gate.closedReason('background', Date.now())]).toEqual([limit, undefined])
  })
})
