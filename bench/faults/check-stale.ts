import { deletionOf, type Truth } from './chains.ts'
import { documentName, type Exchange, isSuccess } from './exchange.ts'
import { lifetimeOf } from './lifetimes.ts'
import type { Observation } from './observations.ts'
import type { Violation } from './violation.ts'

/**
 * Limits on the age of a cached answer:
 *
 * - A caller with its consistency token sees its own writes, and the state that a refusal has shown it, at every edge.
 * - At the edge that forwarded such a write or refusal, every caller sees them, except in answers that are served
 *   because of an error.
 * - All other answers follow the lifetimes that the contract declares.
 */

/** Tolerance: another caller may have begun the fetch up to a deadline earlier, and ages count whole seconds. */
const toleranceMs = 2_000
/** Time after a write of unknown outcome was applied in which its writer may still read the old state. */
const landingMs = 2_000

export function checkStale(
  all: readonly Observation[],
  exchanges: readonly Exchange[],
  truth: Truth,
): readonly Violation[] {
  const found: Violation[] = []
  for (const observed of Map.groupBy(all, ({ document }) => document).values()) {
    const fresh = observed.filter(({ kind }) => kind !== 'cached')
    for (const one of observed) {
      if (one.kind !== 'cached') continue
      const violation = checkOne(one, fresh)
      if (violation !== undefined) found.push(violation)
    }
  }
  return [...found, ...checkOwnCreations(exchanges, truth)]
}

function checkOne(shown: Observation, fresh: readonly Observation[]): Violation | undefined {
  const { exchange, version, startMs } = shown
  const cache = readCacheStatus(exchange.answer?.cacheStatus)
  const { freshMs, staleMs } = lifetimeOf(exchange.resource)
  const boundMs = toleranceMs + { miss: 0, fresh: freshMs, stale: staleMs }[cache]
  for (const newer of fresh) {
    if (newer.version <= version) continue
    const ageMs = startMs - newer.endMs
    const isOwn = exchange.hasToken && newer.exchange.session === exchange.session
    const isHere = newer.exchange.via === exchange.via && cache !== 'stale'
    const landedMs = (newer.appliedMs ?? Number.POSITIVE_INFINITY) + landingMs
    const isLanded = isOwn && newer.endMs === Number.POSITIVE_INFINITY && startMs > landedMs
    if (ageMs > 0 && isOwn) return violation(shown, newer, 'that its own session knew of')
    if (isLanded) return violation(shown, newer, 'of its own whose outcome was unknown, and that had landed')
    if (ageMs > 0 && isHere) return violation(shown, newer, 'that had gone through the same edge')
    if (ageMs > boundMs)
      return violation(shown, newer, `where at most ${boundMs / 1_000} s are allowed (${cache})`)
  }
  return undefined
}

function violation(shown: Observation, newer: Observation, why: string): Violation {
  const sinceMs = newer.endMs === Number.POSITIVE_INFINITY ? (newer.appliedMs ?? 0) : newer.endMs
  const ageMs = Math.round(shown.startMs - sinceMs)
  return {
    kind: 'stale',
    what: `shown version ${shown.version} ${ageMs} ms after version ${newer.version} ${why}`,
    exchanges: [newer.exchange, shown.exchange],
    document: shown.document,
    versions: [shown.version, newer.version],
  }
}

/** `Cache-Status` (RFC 9211): what is shown stale has a negative `ttl`, or was shown because the origin was not asked. */
export function readCacheStatus(value: string | undefined): 'miss' | 'fresh' | 'stale' {
  if (value === undefined) return 'miss'
  if (/;\s*ttl=-/.test(value) || /;\s*detail=(?:shed|stale-if-error)/.test(value)) return 'stale'
  return /;\s*hit\b/.test(value) ? 'fresh' : 'miss'
}

/** A complete list contains everything that a caller with a token has created. */
function checkOwnCreations(exchanges: readonly Exchange[], truth: Truth): Violation[] {
  const found: Violation[] = []
  const isCreation = ({ operation, answer, hasToken }: Exchange) =>
    operation === 'create' && hasToken && answer !== undefined && isSuccess(answer.status)
  const creations = Map.groupBy(
    exchanges.filter((one) => one.resource === 'trips' && isCreation(one)),
    ({ session }) => session,
  )
  for (const list of exchanges) {
    const { operation, answer, session, hasToken, startMs, endMs, resource } = list
    if (operation !== 'list' || !hasToken || answer?.isComplete !== true || resource !== 'trips') continue
    const shown = new Set(answer.items?.map(({ documentId }) => documentId))
    for (const creation of creations.get(session) ?? []) {
      const id = creation.answer?.documentId ?? ''
      if (creation.endMs >= startMs || shown.has(id)) continue
      const document = documentName(resource, id)
      const deletion = deletionOf(truth.chains.get(document))
      if (deletion !== undefined && deletion.wallMs <= endMs + 1) continue
      const what = 'a list without a document that its own session had created'
      found.push({ kind: 'stale', what, exchanges: [creation, list], document })
    }
  }
  return found
}
