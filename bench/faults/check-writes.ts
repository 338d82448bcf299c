import { type Chain, deletionOf, type Truth } from './chains.ts'
import { documentName, type Exchange, type Item, isOpen, isSuccess } from './exchange.ts'
import type { Violation } from './violation.ts'

/**
 * Compares the answers to writers with the writes that the database applied. After a success, the write is there once,
 * at the stated version. `outcome-unknown`, or no answer, states nothing. After any other error, this request has
 * written nothing.
 */

/** All answers about the write of one marker. */
interface Attempt {
  readonly exchange: Exchange
  readonly told: (Item & { readonly isReplayed?: boolean; readonly detail?: string }) | undefined
}

export function checkWrites(exchanges: readonly Exchange[], truth: Truth): readonly Violation[] {
  const violations: Violation[] = []
  for (const [marker, attempts] of byMarker(exchanges)) {
    violations.push(...checkMarker(marker, attempts, truth))
  }
  return [...violations, ...checkDeletions(exchanges, truth), ...checkReplays(exchanges)]
}

function byMarker(exchanges: readonly Exchange[]): ReadonlyMap<string, readonly Attempt[]> {
  const found = new Map<string, Attempt[]>()
  const add = (marker: string, attempt: Attempt) => {
    const known = found.get(marker)
    if (known === undefined) found.set(marker, [attempt])
    else known.push(attempt)
  }
  for (const exchange of exchanges) {
    const { answer, marker, markers = [] } = exchange
    if (marker !== undefined) add(marker, { exchange, told: answer })
    for (const [index, each] of markers.entries()) {
      // A refusal of the whole batch is a refusal of each item.
      add(each, { exchange, told: answer?.items?.[index] ?? answer })
    }
  }
  return found
}

function checkMarker(marker: string, attempts: readonly Attempt[], { byMarker }: Truth): Violation[] {
  const applied = byMarker.get(marker) ?? []
  const exchanges = attempts.map(({ exchange }) => exchange)
  const document = applied[0]?.chain.name
  const about = {
    ...(document !== undefined && { document }),
    ...(applied.length > 0 && { versions: applied.map(({ version }) => version.number) }),
  }
  const found: Violation[] = []
  if (applied.length > 1) {
    const places = applied.map(({ chain, version }) => `version ${version.number} of ${chain.name}`)
    found.push({ kind: 'doubled', what: `one request is ${places.join(' and ')}`, exchanges, ...about })
  }
  const succeeded = attempts.filter(({ told }) => told?.status !== undefined && isSuccess(told.status))
  for (const { exchange, told } of succeeded) {
    if (applied.length === 0) {
      found.push({
        kind: 'lost',
        what: `told ${told?.status}, and the database has no such write`,
        exchanges: [exchange],
      })
      continue
    }
    const isTold =
      told?.version === undefined || applied.some(({ version }) => version.number === told.version)
    if (!isTold) {
      const what = `told version ${told?.version}, and it is version ${applied[0]?.version.number}`
      found.push({ kind: 'untrue', what, exchanges: [exchange], ...about })
    }
  }
  const isClaimed = attempts.every(({ told }) => !isOpen(told))
  const [version] = applied.map(({ version }) => version)
  if (version !== undefined && succeeded.length === 0 && isClaimed) {
    // The last one that had begun by then is the most probable author.
    const begun = attempts.findLast(({ exchange }) => exchange.startMs <= version.wallMs + 1)
    // The cast is safe: a claimed marker has an attempt.
    const { exchange, told } = begun ?? (attempts[0] as Attempt)
    const what = `told ${told?.status} ${told?.code}, which says that nothing was done, and it was applied`
    found.push({ kind: 'untrue', what, exchanges: [exchange], ...about })
  }
  return found
}

/** A tombstone has one author: only one caller may be told that it deleted the document. */
function checkDeletions(exchanges: readonly Exchange[], truth: Truth): Violation[] {
  const found: Violation[] = []
  const byDocument = Map.groupBy(
    exchanges.filter(({ operation }) => operation === 'delete'),
    ({ resource, documentId = '' }) => documentName(resource, documentId),
  )
  for (const [document, deletes] of byDocument) {
    const chain: Chain | undefined = truth.chains.get(document)
    const deletion = deletionOf(chain)
    const done = deletes.filter(({ answer }) => answer !== undefined && isSuccess(answer.status))
    if (done.length > 1) {
      found.push({
        kind: 'untrue',
        what: 'one deletion was told to several callers',
        exchanges: done,
        document,
      })
    }
    if (done.length > 0 && deletion === undefined) {
      found.push({
        kind: 'lost',
        what: 'told that it is deleted, and it is there',
        exchanges: done,
        document,
      })
    }
    if (deletion === undefined || done.length > 0) continue
    // Database and clients use the clock of one machine; a millisecond allows for rounding.
    const authors = deletes.filter(({ startMs }) => startMs <= deletion.wallMs + 1)
    if (authors.every(({ answer }) => !isOpen(answer))) {
      const last = authors.at(-1)
      const what = `told ${last?.answer?.status} ${last?.answer?.code}, which says that nothing was done, and it deleted`
      found.push({ kind: 'untrue', what, exchanges: authors, document, versions: [deletion.number] })
    }
  }
  return found
}

/** A repetition with the same key must get the first answer. */
function checkReplays(exchanges: readonly Exchange[]): Violation[] {
  const found: Violation[] = []
  const told = exchanges.filter(
    ({ key, answer, operation }) =>
      key !== undefined && operation === 'create' && answer !== undefined && isSuccess(answer.status),
  )
  for (const same of Map.groupBy(told, ({ key = '' }) => key).values()) {
    const [first, ...others] = same
    const other = others.find(
      ({ answer }) =>
        answer?.documentId !== first?.answer?.documentId ||
        answer?.version !== first?.answer?.version ||
        answer?.marker !== first?.answer?.marker,
    )
    if (first === undefined || other === undefined) continue
    found.push({ kind: 'untrue', what: 'a key was answered in two ways', exchanges: [first, other] })
  }
  return found
}
