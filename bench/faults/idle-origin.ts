import { setTimeout as sleep } from 'node:timers/promises'
import { opsPaths } from '@spillway/origin/contract'
import type { FleetOrigin } from './fleet.ts'

/** Commands that an origin still waits for, although nobody asks it any more. */

/** Longer than the origin's own bound on a command, so that what is left then is left for good. */
const everythingEndsMs = 20_000

/** @returns connections in use plus requests in work, after all that is bounded has ended */
export async function leftInWork(
  origin: Pick<FleetOrigin, 'url'>,
  settleMs = everythingEndsMs,
): Promise<number> {
  const deadline = Date.now() + settleMs
  for (;;) {
    const left = await inWork(origin.url)
    if (left === 0 || Date.now() > deadline) return left
    await sleep(100)
  }
}

async function inWork(url: string): Promise<number> {
  const response = await fetch(url + opsPaths.metrics, { signal: AbortSignal.timeout(30_000) })
  const text = await response.text()
  return gauge(text, 'origin_pool_connections{state="inUse"}') + gauge(text, 'origin_admission_inflight')
}

/** @throws Error where it is not there: a renamed metric must not read as zero */
export function gauge(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  if (line === undefined) throw new Error(`the origin has no metric ${name}`)
  return Number(line.slice(name.length))
}
