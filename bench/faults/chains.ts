import { markerIn } from './bodies.ts'
import { documentName, type ResourceName } from './exchange.ts'

/** One entry of the database's oplog about a document, in the order in which the database applied it. */
export interface Applied {
  readonly resource: ResourceName
  readonly documentId: string
  /** Epoch milliseconds of the primary's clock. */
  readonly wallMs: number
  readonly change:
    | { readonly kind: 'whole'; readonly document: Readonly<Record<string, unknown>> }
    | {
        readonly kind: 'fields'
        readonly set: Readonly<Record<string, unknown>>
        readonly unset: readonly string[]
      }
}

/** One version of a document, from the write that made it to the next. */
export interface Version {
  /** Number in the ETag; for a deletion, one more than the last version's. */
  readonly number: number
  /** Marker of the write; `undefined` for a deletion. */
  readonly marker: string | undefined
  readonly isDeletion: boolean
  readonly wallMs: number
}

/** All versions of one document, the oldest first. */
export interface Chain {
  readonly name: string
  readonly resource: ResourceName
  readonly documentId: string
  readonly versions: readonly Version[]
}

/** History of every document in a run, and the version that each write made. */
export interface Truth {
  readonly chains: ReadonlyMap<string, Chain>
  /** Versions that a marker wrote: more than one is a violation. */
  readonly byMarker: ReadonlyMap<string, readonly { readonly chain: Chain; readonly version: Version }[]>
}

/** Rebuilds the histories. A tombstone (version 0) ends a document; one with nothing before it is a batch's claim. */
export function rebuild(entries: readonly Applied[]): Truth {
  const states = new Map<string, Record<string, unknown>>()
  const building = new Map<string, { resource: ResourceName; documentId: string; versions: Version[] }>()
  for (const { resource, documentId, wallMs, change } of entries) {
    const name = documentName(resource, documentId)
    const state = change.kind === 'whole' ? { ...change.document } : { ...states.get(name), ...change.set }
    if (change.kind === 'fields') for (const field of change.unset) delete state[field]
    states.set(name, state)
    const chain = building.get(name) ?? { resource, documentId, versions: [] }
    building.set(name, chain)
    const stored = Number(state._v)
    const isDeletion = stored === 0
    const before = chain.versions.at(-1)
    if (isDeletion && (before === undefined || before.isDeletion)) continue
    const number = isDeletion ? (before?.number ?? 0) + 1 : stored
    const marker = isDeletion ? undefined : markerIn(resource, state)
    chain.versions.push({ number, marker, isDeletion, wallMs })
  }
  const chains = new Map<string, Chain>()
  const byMarker = new Map<string, { chain: Chain; version: Version }[]>()
  for (const [name, { resource, documentId, versions }] of building) {
    const chain: Chain = { name, resource, documentId, versions }
    if (versions.length > 0) chains.set(name, chain)
    for (const version of versions) {
      if (version.marker === undefined) continue
      const known = byMarker.get(version.marker)
      if (known === undefined) byMarker.set(version.marker, [{ chain, version }])
      else known.push({ chain, version })
    }
  }
  return { chains, byMarker }
}

export const deletionOf = (chain: Chain | undefined): Version | undefined => {
  const last = chain?.versions.at(-1)
  return last?.isDeletion === true ? last : undefined
}
