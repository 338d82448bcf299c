import { setTimeout as sleep } from 'node:timers/promises'
import { fullBody, type Markers, patchBody } from './bodies.ts'
import type { Probe } from './recovery.ts'
import type { Session, Via } from './session.ts'
import { nowMs } from './transport.ts'

/** Minimum interval of probes through one edge, in ms. */
const everyMs = 100

export interface ProbeOptions {
  readonly session: Session
  readonly edge: Via
  readonly markers: Markers
  readonly signal: AbortSignal
  /** Receives each probe when it has its answer. */
  readonly probes: Probe[]
}

/**
 * Checks repeatedly whether the service works: alternates between a write that the edge may not repeat and a list that
 * no cache has. Sends one probe at a time, so that a slow machine is not flooded with waiting ones.
 */
export async function probe(options: ProbeOptions): Promise<void> {
  const { session, edge, markers, signal, probes } = options
  const id = await createDocument(options)
  for (let count = 0; !signal.aborted; count++) {
    const startMs = nowMs()
    const marker = markers.next()
    const answer =
      count % 2 === 0
        ? await session.ask({
            via: edge,
            operation: 'patch',
            resource: 'places',
            path: `/v2/places/${id}`,
            documentId: id,
            body: patchBody('places', marker),
            marker,
          })
        : await session.ask({
            via: edge,
            operation: 'list',
            resource: 'places',
            path: `/v2/places?name=${marker}`,
          })
    probes.push({ startMs, endMs: nowMs(), isGood: answer !== undefined && answer.status < 500 })
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

async function createDocument({ session, edge, markers, signal }: ProbeOptions): Promise<string> {
  for (;;) {
    const marker = markers.next()
    const body = fullBody('places', marker, { isLast: true })
    const answer = await session.ask({
      via: edge,
      operation: 'create',
      resource: 'places',
      path: '/v2/places',
      body,
      marker,
    })
    if (answer?.status === 201 && answer.documentId !== undefined) return answer.documentId
    signal.throwIfAborted()
    await sleep(200)
  }
}
