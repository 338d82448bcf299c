import { setTimeout as sleep } from 'node:timers/promises'
import { fullBody, type Markers, patchBody } from './bodies.ts'
import type { Answer } from './exchange.ts'
import type { Probe } from './recovery.ts'
import type { Session, Via } from './session.ts'
import { nowMs } from './transport.ts'

/** Time between two questions through one edge, in ms. */
const everyMs = 100

export interface ProbeOptions {
  readonly session: Session
  readonly edge: Via
  readonly markers: Markers
  readonly signal: AbortSignal
}

/**
 * Asks at a steady pace whether service is whole, whatever became of the question before: in turns a write that is not
 * repeated for it, and a list that no cache has.
 */
export async function probe({ session, edge, markers, signal }: ProbeOptions): Promise<readonly Probe[]> {
  const id = await createDocument({ session, edge, markers, signal })
  const probes: Promise<Probe>[] = []
  const ask = async (): Promise<Probe> => {
    const startMs = nowMs()
    const marker = markers.next()
    const answer =
      probes.length % 2 === 0
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
    return { startMs, isGood: isGood(answer) }
  }
  while (!signal.aborted) {
    probes.push(ask())
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
  }
  return Promise.all(probes)
}

/** Two writes of the probe that overtake each other are a conflict of its own making. */
const isGood = (answer: Answer | undefined): boolean => answer !== undefined && answer.status < 500

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
