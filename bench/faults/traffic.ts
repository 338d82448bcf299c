import { headers as names } from '@spillway/origin/contract'
import { seededRandom } from '../load/random.ts'
import { Markers } from './bodies.ts'
import { Client } from './client.ts'
import { assertions } from './direct.ts'
import type { Exchange } from './exchange.ts'
import { probe } from './probe.ts'
import type { Probe } from './recovery.ts'
import { type Recorder, Session, type TokenMode, type Via } from './session.ts'
import { Shelves } from './shelf.ts'
import { nowMs, type Tamper, Transport } from './transport.ts'
import type { World } from './world.ts'

export interface TrafficOptions {
  readonly seed: number
  /** Number of this traffic in its world: no two of one database write the same texts. */
  readonly number: number
  /** Mean pause of a client between two actions, in ms. @default 50 */
  readonly pauseMs?: number
  /** Changes answers, as a positive control. @default none are changed */
  readonly tamper?: Tamper | undefined
  readonly signal: AbortSignal
}

/** Random clients and probes, who are asking until the signal ends them. */
export interface Traffic {
  readonly startMs: number
  /** All exchanges so far. */
  readonly exchanges: readonly Exchange[]
  /** All probes so far, in the order of their ends. */
  readonly probes: readonly Probe[]
  /** Resolves when the last answer is there, after the signal. */
  readonly ended: Promise<void>
}

const subjects = ['ada', 'ben', 'cleo', 'dan', 'eve']
const scopes = ['places:write', 'advisories:write']
/** Two sessions per subject: carrier of the consistency token, and edges to use. */
const sessionsOf: readonly (readonly [TokenMode, 'both' | number])[] = [
  ['jar', 'both'],
  ['field', 'both'],
  ['jar', 0],
  ['none', 1],
  ['jar', 'both'],
  ['none', 0],
  ['field', 1],
  ['jar', 'both'],
  ['none', 'both'],
  ['jar', 1],
]

export async function startTraffic(world: World, options: TrafficOptions): Promise<Traffic> {
  const { seed, number, pauseMs = 50, tamper, signal } = options
  const { origins, edges } = world
  const transport = new Transport()
  const recorder: Recorder = { exchanges: [], transport, tamper }
  const markers = new Markers(`m${number}`)
  const shelves = new Shelves()
  const viaEdges: Via[] = edges.map(({ url }, index) => ({ name: `edge ${index}`, url }))
  const viaOrigins: Via[] = origins.map(({ url }, index) => ({ name: `origin ${index}`, url }))
  const bearer = async (subject: string) => {
    const token = await world.issuer.mintToken({ sub: subject, scopes })
    return { authorization: `Bearer ${token}` }
  }

  const running: Promise<unknown>[] = []
  const startMs = nowMs()
  for (const [index, [tokens, at]] of sessionsOf.entries()) {
    // The cast is safe: there are two sessions for each subject.
    const subject = subjects[Math.floor(index / 2)] as string
    const fields = await bearer(subject)
    const assertionOf = assertions(world.assertionKey, { subject, scopes })
    const name = `${subject} ${index} (${tokens})`
    const session = new Session({ name, tokens, credentials: () => fields }, recorder)
    const direct = new Session(
      {
        name: `${name}, direct`,
        tokens: 'none',
        credentials: async () => ({ [names.assertion]: await assertionOf(), [names.timeoutMs]: '1000' }),
      },
      recorder,
    )
    const client = new Client({
      session,
      direct,
      subject,
      shelves,
      markers,
      // The cast is safe: the sessions name edges that the world has.
      edges: at === 'both' ? viaEdges : [viaEdges[at] as Via],
      origins: viaOrigins,
      random: seededRandom(seed * 1_000 + index),
      signal,
      pauseMs,
    })
    running.push(client.run())
  }
  const probes: Probe[] = []
  for (const [index, edge] of viaEdges.entries()) {
    const fields = await bearer(`probe-${index}`)
    const session = new Session(
      { name: `probe ${index}`, tokens: 'none', credentials: () => fields },
      recorder,
    )
    running.push(probe({ session, edge, markers, signal, probes }))
  }
  const ended = Promise.all(running).then(() => transport.stop())
  return { startMs, exchanges: recorder.exchanges, probes, ended }
}
