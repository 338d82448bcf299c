import { type Chain, deletionOf, type Truth } from './chains.ts'
import { documentName, type Exchange, isOpen, isSuccess } from './exchange.ts'

/** One exchange as a statement about a document: at some time between request and answer, this was its version. */
export interface Observation {
  readonly exchange: Exchange
  readonly document: string
  /** A deletion counts as a version. */
  readonly version: number
  readonly startMs: number
  /**
   * Infinity for a write that was applied without a success as its answer: it may have been applied at any later time.
   */
  readonly endMs: number
  /** Time at which a write was applied, by the database's clock. */
  readonly appliedMs?: number
  /** `cached`: a read through an edge, which may be as old as the contract allows. */
  readonly kind: 'write' | 'read' | 'cached'
}

export function observations(exchanges: readonly Exchange[], truth: Truth): readonly Observation[] {
  const found: Observation[] = []
  for (const exchange of exchanges) {
    const { operation } = exchange
    if (operation === 'list') found.push(...ofList(exchange, truth))
    else if (operation === 'read') found.push(...ofRead(exchange, truth))
    else found.push(...ofWrite(exchange, truth), ...ofRefusal(exchange, truth))
  }
  return found
}

function ofRead(exchange: Exchange, truth: Truth): Observation[] {
  const { answer, documentId = '', resource, startMs, endMs, via } = exchange
  const document = documentName(resource, documentId)
  const version = answer?.status === 404 ? deletionOf(truth.chains.get(document))?.number : answer?.version
  if (answer === undefined || version === undefined || (answer.status !== 200 && answer.status !== 404))
    return []
  const kind = via.startsWith('origin') ? 'read' : 'cached'
  return [{ exchange, document, version, startMs, endMs, kind }]
}

/** Items show the version of their marker. */
function ofList(exchange: Exchange, { byMarker }: Truth): Observation[] {
  const { answer, startMs, endMs } = exchange
  return (answer?.items ?? []).flatMap(({ marker = '' }) => {
    const [shown] = byMarker.get(marker) ?? []
    if (shown === undefined) return []
    const { chain, version } = shown
    return [
      { exchange, document: chain.name, version: version.number, startMs, endMs, kind: 'cached' as const },
    ]
  })
}

/** Effect of a write in the database, whatever its answer was. */
function ofWrite(exchange: Exchange, { byMarker, chains }: Truth): Observation[] {
  const { answer, marker, markers, operation, startMs, documentId = '', resource } = exchange
  if (operation === 'delete') {
    const chain = chains.get(documentName(resource, documentId))
    const deletion = deletionOf(chain)
    if (deletion === undefined || answer === undefined || !isSuccess(answer.status)) return []
    // The cast is safe: only a chain has a deletion.
    return [observed(exchange, chain as Chain, deletion.number)]
  }
  return (markers ?? [marker ?? '']).flatMap((each, index) => {
    const [applied] = byMarker.get(each) ?? []
    if (applied === undefined) return []
    const told = markers === undefined ? answer : (answer?.items?.[index] ?? answer)
    const { chain, version } = applied
    // A request that began after the write was applied is a repetition with its key: the answer is about an earlier
    // request.
    if (startMs > version.wallMs + 1) return []
    const made = { ...observed(exchange, chain, version.number), appliedMs: version.wallMs }
    if (isOpen(told)) return [{ ...made, endMs: Number.POSITIVE_INFINITY }]
    return isSuccess(told?.status ?? 0) && answer?.isReplayed !== true ? [made] : []
  })
}

/** A refusal because of the document's state shows that state, and never comes from a cache. */
function ofRefusal(exchange: Exchange, { chains }: Truth): Observation[] {
  const { answer, documentId, resource } = exchange
  const chain = documentId === undefined ? undefined : chains.get(documentName(resource, documentId))
  if (chain === undefined || (answer?.status !== 404 && answer?.status !== 412)) return []
  const version = answer.status === 404 ? deletionOf(chain)?.number : answer.version
  return version === undefined ? [] : [{ ...observed(exchange, chain, version), kind: 'read' }]
}

const observed = (exchange: Exchange, { name }: Chain, version: number): Observation => ({
  exchange,
  document: name,
  version,
  startMs: exchange.startMs,
  endMs: exchange.endMs,
  kind: 'write',
})
