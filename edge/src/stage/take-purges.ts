import { type Problem, parsePurgeBody, purgeCall } from '@spillway/origin/contract'
import type { PurgeSignatures } from '../auth/purge-signatures.ts'
import type { HttpCache, PurgeEverywhere } from '../cache/index.ts'
import type { Exchange } from '../exchange.ts'
import type { PurgePlan } from '../http/request-plan.ts'
import type { Observe } from '../observe/observation.ts'
import type { Answer } from '../pipeline.ts'
import { inTime } from '../platform/in-time.ts'

export interface TakePurgesParts {
  /** `undefined` without a key: then nobody can purge. */
  readonly purgeSignatures: PurgeSignatures | undefined
  readonly cache: HttpCache
  readonly purgeEverywhere: PurgeEverywhere | undefined
  readonly observe: Observe
  readonly now: () => number
}

/** Longest time for a body, in ms. */
const bodyTimeoutMs = 1_000
/** Longest wait for the stamps of this data centre and for the zone's queue, in ms. */
const purgeTimeoutMs = 5_000

/**
 * Purges what writes of the origin's own have made obsolete: those of event handlers and jobs (decision 46). The answer
 * waits for the purge, so that an origin that gets another one can repeat it.
 */
export async function takePurges(exchange: Exchange<PurgePlan>, parts: TakePurgesParts): Promise<Answer> {
  const { purgeSignatures, now, observe } = parts
  const { headers } = exchange.head
  const signature = headers.get(purgeCall.signature)
  if (purgeSignatures === undefined) return exchange.plan.problem
  if (!purgeSignatures.isCurrent(signature, now()) || !isBounded(headers.get('content-length')))
    return refused
  const body = await inTime(exchange.request.text(), bodyTimeoutMs)
  if (body === undefined || !(await purgeSignatures.isOf(signature, body))) return refused
  const tags = parsePurgeBody(body)
  if (tags === undefined) return malformed
  const work = purge(tags, parts)
  exchange.waitUntil(work)
  const failure = await inTime(work, purgeTimeoutMs)
  if (failure === 'done') return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  const message = failure ?? `not done in ${purgeTimeoutMs} ms`
  observe({ kind: 'fault', what: 'purge', where: purgeCall.path, message, requestId: exchange.requestId })
  return unfinished
}

/** @returns `done`, or what went wrong */
async function purge(tags: readonly string[], { cache, purgeEverywhere }: TakePurgesParts): Promise<string> {
  try {
    const [report] = await Promise.all([purgeEverywhere?.(tags), cache.purge(tags)])
    const [failed] = report?.failed ?? []
    return failed === undefined ? 'done' : `zone: ${failed.failure.kind}`
  } catch (error) {
    return String(error)
  }
}

/** Without a length the body could have any. */
const isBounded = (length: string | null): boolean =>
  length !== null && /^\d{1,9}$/.test(length) && Number(length) <= purgeCall.bytesMax

const refused: Problem = {
  code: 'forbidden',
  reason: 'purge-signature',
  detail: `Only origins may purge: ${purgeCall.signature} must be a signature of the last minute, by the key in PURGE_KEY.`,
}
const malformed: Problem = {
  code: 'malformed-json',
  detail: `The body must be { "tags": […] } with at most ${purgeCall.tagsMax} strings.`,
}
const unfinished: Problem = {
  code: 'overloaded',
  detail: 'Not every tag could be purged. Send the same tags again.',
  retryAfterSeconds: 1,
}
