import type { Problem } from '@spillway/origin/contract'
import type { HttpCache, PurgeEverywhere } from '../cache/index.ts'
import { landsWithinMs } from '../consistency/consistency-token.ts'
import type { LatePurges } from '../consistency/late-purges.ts'
import { deadlineOf, type Exchange, principalOf } from '../exchange.ts'
import { codeOf } from '../http/problem-code.ts'
import { presumedTags, type WritePlan } from '../http/request-plan.ts'
import type { Observe } from '../observe/observation.ts'
import { adviceAfter, type SentWrite } from '../overload/retry.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import { inTime } from '../platform/in-time.ts'
import { type ConsistencyParts, ownWriteFields } from './consistency.ts'
import { failure } from './forward.ts'

export interface SettleParts extends ConsistencyParts {
  readonly cache: HttpCache
  /** `undefined` without a zone. */
  readonly purgeEverywhere: PurgeEverywhere | undefined
  readonly latePurges: LatePurges
  readonly observe: Observe
  readonly random: () => number
}

/** Effect of a write on caches and its caller's token. */
type Effect =
  /** Done: these tags are obsolete. */
  | { readonly kind: 'done'; readonly tags: readonly string[] }
  /** May be done, or be done yet: all of it, or an item of a batch. */
  | { readonly kind: 'unknown'; readonly tags: readonly string[] }
  /** Refused because of what the document is now: what is stored of it here may be what misled the caller. */
  | { readonly kind: 'outdated'; readonly tags: readonly string[] }
  | { readonly kind: 'nothing' }

type Fields = Readonly<Record<string, string>>

/**
 * 7 ends with: drops what a write made obsolete and gives its caller the token to read its own writes by, before the
 * answer goes out.
 *
 * @throws {ForwardError} where the answer broke off before it said what became of the write
 */
export async function settle(
  exchange: Exchange<WritePlan>,
  answer: Response,
  parts: SettleParts,
): Promise<Response> {
  const told = answer.status >= 500 ? await whole(exchange, answer, parts) : { answer, code: undefined }
  const fields = await follow(exchange, effectOf(exchange, told), parts)
  for (const [name, value] of Object.entries(fields)) told.answer.headers.append(name, value)
  return told.answer
}

/**
 * The same for a write that may have arrived and whose answer did not.
 *
 * @returns what its caller is told
 */
export async function settleUnknown(
  exchange: Exchange<WritePlan>,
  sent: SentWrite,
  parts: SettleParts,
): Promise<Problem> {
  const tags = presumedTags(exchange.plan.route, principalOf(exchange)?.subject)
  return {
    code: 'outcome-unknown',
    detail: `The write was sent, but the response was lost: it may have happened or may still happen. ${adviceAfter(sent)}`,
    retryAfterSeconds: retryAfterSeconds(1, parts.random()),
    headers: await follow(exchange, { kind: 'unknown', tags }, parts),
  }
}

interface Told {
  readonly answer: Response
  /** The problem's, where the answer is one. */
  readonly code: unknown
}

/** An error with all of its content, which says whether something was done. */
async function whole(exchange: Exchange, answer: Response, { now, random }: SettleParts): Promise<Told> {
  const text = await inTime(answer.text(), deadlineOf(exchange) - now()).catch(() => undefined)
  if (text === undefined) throw failure('unreachable', random())
  return { answer: new Response(text, answer), code: codeOf(text) }
}

/** Errors of the origin's that say that nothing was done. Any other error of a server's says nothing of the kind. */
const nothingDone: ReadonlySet<unknown> = new Set([
  'overloaded',
  'draining',
  'database-unavailable',
  'keys-unavailable',
  'deadline-exceeded',
])

/** Refusals because of the state that a document is in. */
const outdated: ReadonlySet<number> = new Set([404, 409, 412])

function effectOf(exchange: Exchange<WritePlan>, { answer, code }: Told): Effect {
  const { purgeTags: named, hasLostAttempt, isUnsettled } = exchange
  const { route } = exchange.plan
  const presumed = (): readonly string[] => presumedTags(route, principalOf(exchange)?.subject)
  if (answer.status >= 500) {
    if (nothingDone.has(code)) return { kind: 'nothing' }
    return { kind: 'unknown', tags: named.length > 0 ? named : presumed() }
  }
  if (named.length > 0) return { kind: isUnsettled ? 'unknown' : 'done', tags: named }
  if (answer.ok && hasLostAttempt) return { kind: 'done', tags: presumed() }
  if (!outdated.has(answer.status)) return { kind: 'nothing' }
  // Lists as well: they show the document as it was. Whoever gets this far may write, and so drop them by a write.
  return { kind: 'outdated', tags: presumed() }
}

/**
 * Drops the tags and makes the token. What goes wrong is told to operators and changes nothing about the answer: a write
 * that was done must not become an error of ours.
 */
async function follow(exchange: Exchange<WritePlan>, effect: Effect, parts: SettleParts): Promise<Fields> {
  if (effect.kind === 'nothing') return {}
  const { tags, kind } = effect
  try {
    if (kind === 'outdated') await purgeHere(exchange, tags, parts)
    else await purge(exchange, tags, parts)
    if (kind === 'unknown') {
      const again = parts.latePurges.add(tags, (due) => purge(exchange, due, parts))
      if (again !== undefined) exchange.waitUntil(again)
    }
    const landedAtMs = parts.now() + (kind === 'unknown' ? landsWithinMs : 0)
    return await ownWriteFields(exchange, landedAtMs, parts)
  } catch (error) {
    parts.observe({
      kind: 'fault',
      what: 'unexpected',
      where: `after ${exchange.plan.pattern}`,
      message: String(error),
      requestId: exchange.requestId,
    })
    return {}
  }
}

/** In other data centres meanwhile, where a zone is configured, and in this one as {@link purgeHere} says. */
async function purge(exchange: Exchange, tags: readonly string[], parts: SettleParts): Promise<void> {
  const { purgeEverywhere } = parts
  if (purgeEverywhere !== undefined) {
    const everywhere = purgeEverywhere(tags).then((report) => {
      for (const { failure } of report.failed) reportFault(exchange, 'zone', failure.kind, parts)
    })
    exchange.waitUntil(everywhere)
  }
  await purgeHere(exchange, tags, parts)
}

/** As long as a writer waits until the isolates of this data centre are told. */
const purgeWaitMs = 250

/**
 * Here before the client is answered, and in this data centre, unless that takes too long. Whatever is late goes on behind
 * the answer, and no writer reads what is older than its own write meanwhile.
 */
async function purgeHere(exchange: Exchange, tags: readonly string[], parts: SettleParts): Promise<void> {
  if (tags.length === 0) return
  const told = parts.cache
    .purge(tags)
    ?.catch((error: unknown) => reportFault(exchange, 'data centre', String(error), parts))
  if (told === undefined) return
  exchange.waitUntil(told)
  await inTime(told, purgeWaitMs)
}

const reportFault = (exchange: Exchange, where: string, message: string, { observe }: SettleParts): void =>
  observe({ kind: 'fault', what: 'purge', where, message, requestId: exchange.requestId })
