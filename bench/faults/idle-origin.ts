import { setTimeout as sleep } from 'node:timers/promises'
import { gauge, parseScrape } from '@spillway/infra/why/origin-metrics-text'
import { opsPaths } from '@spillway/origin/contract'
import type { FleetOrigin } from './fleet.ts'

/** Commands that an idle origin still waits for. */

/** More than the origin's own time limit of a command: a command that is left then would be left for ever. */
const everythingEndsMs = 20_000

/** @returns connections in use plus requests in service, after all time limits have passed */
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
  const scrape = parseScrape(await response.text())
  return gauge(scrape, 'origin_pool_connections{state="inUse"}') + gauge(scrape, 'origin_admission_inflight')
}
