import type { Problem } from '@spillway/origin/contract'
import type { HttpCache, PurgeEverywhere } from '../cache/index.ts'
import { landsWithinMs } from '../consistency/consistency-token.ts'
import type { LatePurges } from '../consistency/late-purges.ts'
import { deadlineOf, type Exchange, principalOf } from '../exchange.ts'
import type { OriginReply } from '../http/origin-reply.ts'
import { codeOf } from '../http/problem-code.ts'
import type { WritePlan } from '../http/request-plan.ts'
import { presumedTags } from '../http/request-tags.ts'
import type { Observe } from '../observe/observation.ts'
import { adviceAfter, type SentWrite } from '../overload/retry.ts'
import { retryAfterSeconds } from '../overload/retry-after.ts'
import { inTime } from '../platform/in-time.ts'
import { type ConsistencyParts, ownWriteFields } from './consistency.ts'
import { failure } from './forward-error.ts'

export interface SettleParts extends ConsistencyParts {
  readonly cache: HttpCache
  /** `undefined` without a configured zone. */
  readonly purgeEverywhere: PurgeEverywhere | undefined
  readonly latePurges: LatePurges
  readonly observe: Observe
  readonly random: () => number
}

/** Effect of a write on the caches and on its author's token. */
type Effect =
  /** The write happened: these tags are obsolete. */
  | { readonly kind: 'done'; readonly tags: readonly string[] }
  /** The write, or an item of a batch, may have happened or may still happen. */
  | { readonly kind: 'unknown'; readonly tags: readonly string[] }
  /** Refused because of the document's current state: the stored answer may be what misled the caller. */
  | { readonly kind: 'outdated'; readonly tags: readonly string[] }
  | { readonly kind: 'nothing' }

type Fields = Readonly<Record<string, string>>

/**
 * Last part of stage 8: purges what a write made obsolete, and creates the caller's consistency token, before the
 * answer goes out.
 *
 * @throws {ForwardError} when the answer broke off before it gave the write's outcome
 */
export async function settle(
  exchange: Exchange<WritePlan>,
  answer: OriginReply,
  parts: SettleParts,
): Promise<OriginReply> {
  const settled = answer.status >= 500 ? await whole(exchange, answer, parts) : { answer, code: undefined }
  const fields = await follow(exchange, effectOf(exchange, settled), parts)
  for (const [name, value] of Object.entries(fields)) settled.answer.headers.append(name, value)
  return settled.answer
}

/**
 * The same for a write that may have arrived and whose answer was lost.
 *
 * @returns the problem for the caller
 */
export async function settleUnknown(
  exchange: Exchange<WritePlan>,
  sent: SentWrite,
  parts: SettleParts,
): Promise<Problem> {
  const tags = presumedTags(exchange.plan.route, principalOf(exchange)?.subject)
  return {
    code: 'outcome-unknown',
    detail: `The write was sent, but the response was lost: the write may have happened, or may still happen. ${adviceAfter(sent)}`,
    retryAfterSeconds: retryAfterSeconds(1, parts.random()),
    headers: await follow(exchange, { kind: 'unknown', tags }, parts),
  }
}

interface WriteAnswer {
  readonly answer: OriginReply
  /** The problem's code, if the answer is a problem. */
  readonly code: unknown
}

/** Reads an error answer to its end: its content says whether the write had an effect. */
async function whole(
  exchange: Exchange,
  answer: OriginReply,
  { now, random }: SettleParts,
): Promise<WriteAnswer> {
  const text = await inTime(answer.text(), deadlineOf(exchange) - now()).catch(() => undefined)
  if (text === undefined) throw failure('unreachable', random())
  return { answer: answer.withText(text), code: codeOf(text) }
}

/** Errors of the origin that guarantee no effect. Other server errors guarantee nothing. */
const nothingDone: ReadonlySet<unknown> = new Set([
  'overloaded',
  'draining',
  'database-unavailable',
  'index-unready',
  'keys-unavailable',
  'deadline-exceeded',
])

/** Refusals caused by the document's current state. */
const outdated: ReadonlySet<number> = new Set([404, 409, 412])

function effectOf(exchange: Exchange<WritePlan>, { answer, code }: WriteAnswer): Effect {
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
  // Includes the lists, which show the document's old state. A caller that gets here may write, so this gives it no new
  // power.
  return { kind: 'outdated', tags: presumed() }
}

/**
 * Purges the tags and creates the token. A failure is reported to operators and does not change the answer: a write
 * that succeeded must not turn into an error.
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
    return ownWriteFields(exchange, landedAtMs, parts)
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

/** Purges here as {@link purgeHere} does and, with a zone, in the other data centres at the same time. */
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

/** Longest wait of a writer for the purge stamps of this data centre. */
const purgeWaitMs = 250

/**
 * Purges in this data centre before the client is answered, unless that takes too long. The rest continues after the
 * answer; the writer's token keeps it from reading older answers meanwhile.
 */
async function purgeHere(exchange: Exchange, tags: readonly string[], parts: SettleParts): Promise<void> {
  if (tags.length === 0) return
  const purging = parts.cache
    .purge(tags)
    ?.catch((error: unknown) => reportFault(exchange, 'data centre', String(error), parts))
  if (purging === undefined) return
  exchange.waitUntil(purging)
  await inTime(purging, purgeWaitMs)
}

const reportFault = (exchange: Exchange, where: string, message: string, { observe }: SettleParts): void =>
  observe({ kind: 'fault', what: 'purge', where, message, requestId: exchange.requestId })
