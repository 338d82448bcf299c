import { randomUUID } from 'node:crypto'
import { pick, type Random } from './random.ts'
import { countryCodes, samplePlace } from './sample-place.ts'
import { sampleTrip } from './sample-trip.ts'

/**
 * Workload as data: every target gets the same requests, in the same order for the same seed.
 * - `read`: one document by id, all equally likely.
 * - `list`: the first page of one of twenty countries, largest first.
 * - `search`: a page behind a bound that no two requests share, so that no two are the same query.
 * - `miss`: one document by an id that no other request asks for.
 * - `create`: a new document with a fresh Idempotency-Key.
 * - `update`: a conditional change of one field, with the ETag that the document has now.
 * - `act`: an action that changes the same field of the same documents as `update` does.
 * - `plan`: a new trip with a fresh Idempotency-Key: a user's own document, beside a catalogue that stays as it is.
 */

export const operations = ['read', 'list', 'search', 'miss', 'create', 'update', 'act', 'plan'] as const
export type OperationName = (typeof operations)[number]

/** Relative frequency of each operation. */
export type Mix = Readonly<Partial<Record<OperationName, number>>>

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** `etag`: that of the answer, where it has one. */
export type Answered = (status: number, etag: string | undefined) => void

export interface Step {
  readonly call: Call
  /** Reasons of refusals that are proper answers. @default none */
  readonly expects?: readonly string[] | undefined
  /** Called with the answer, where later calls depend on it. */
  readonly answered?: Answered
}

/** One user's headers, asked for at each call: credentials are renewed while a run goes on. */
export type HeadersOf = (user: number) => Readonly<Record<string, string>>

/** Asks for the calls of a load, one after the other. */
export interface Asking {
  /** Calls neither depend on earlier answers nor carry anything unique, so they can be sent again. */
  readonly isRepeatable: boolean
  /** @param user index of the user whose credentials it carries */
  next(user: number): Step
}

export interface WorkloadOptions {
  readonly mix: Mix
  /** Ids of existing documents. */
  readonly ids: readonly string[]
  readonly headersOf: HeadersOf
  readonly random: Random
}

/** Documents that `update` changes, at the end of the list of ids: enough that no two calls in flight share one. */
export const updatedDocumentsMax = 256

const json = 'application/json'

export class Workload implements Asking {
  readonly isRepeatable: boolean
  readonly #options: WorkloadOptions
  readonly #shares: readonly (readonly [OperationName, number])[]
  readonly #updatable: { readonly id: string; readonly etag: string }[] = []

  constructor(options: WorkloadOptions) {
    this.#options = options
    this.#shares = cumulativeShares(options.mix)
    const { act, create, miss, plan, search, update } = options.mix
    this.isRepeatable = !act && !create && !miss && !plan && !search && !update
  }

  /** Ids whose ETags must be known before the first call. */
  get idsToLearn(): readonly string[] {
    const { act, update } = this.#options.mix
    return act || update ? this.#options.ids.slice(-updatedDocumentsMax) : []
  }

  learn(id: string, etag: string): void {
    this.#updatable.push({ id, etag })
  }

  next(user: number): Step {
    const at = this.#options.random()
    const [name] = this.#shares.find(([, upTo]) => at < upTo) ?? this.#shares.at(-1) ?? ['read']
    return this.#steps[name](this.#options.headersOf(user))
  }

  readonly #steps: Readonly<Record<OperationName, (headers: Call['headers']) => Step>> = {
    read: (headers) => ({
      call: { method: 'GET', path: documentPath(pick(this.#options.ids, this.#options.random)), headers },
    }),
    list: (headers) => ({
      call: {
        method: 'GET',
        path: `${collection}?countryCode=${pick(countryCodes, this.#options.random)}&limit=20`,
        headers,
      },
    }),
    search: (headers) => {
      const { random } = this.#options
      // Lower bounds that at least a hundred documents exceed, so that each page is full.
      const bound = 15_000 + Math.floor(random() * 200_000)
      const path = `${collection}?countryCode=${pick(countryCodes, random)}&population[lt]=${bound}&limit=20`
      return { call: { method: 'GET', path, headers } }
    },
    miss: (headers) => ({
      call: { method: 'GET', path: documentPath(`m${Math.floor(this.#options.random() * 1e12)}`), headers },
    }),
    create: (headers) => creation(collection, samplePlace(this.#options.random), headers),
    plan: (headers) => creation('/v2/trips', sampleTrip(this.#options.ids, this.#options.random), headers),
    update: (headers) => {
      const document = this.#updatable.shift()
      // Reads instead if every document is in flight, since a second update would conflict.
      if (document === undefined) return this.#steps.read(headers)
      const { id, etag } = document
      return {
        call: {
          method: 'PATCH',
          path: documentPath(id),
          headers: { ...headers, 'content-type': 'application/merge-patch+json', 'if-match': etag },
          body: JSON.stringify({ population: 15_000 + Math.floor(this.#options.random() * 1e6) }),
        },
        answered: (status, newEtag) => {
          // A refusal before any work keeps the ETag valid. After any other unclear end the document is skipped.
          if (status === 503) this.#updatable.push(document)
          else if (status < 300 && newEtag !== undefined) this.#updatable.push({ id, etag: newEtag })
        },
      }
    },
    act: (headers) => {
      const document = this.#updatable.shift()
      if (document === undefined) return this.#steps.read(headers)
      return {
        call: {
          method: 'POST',
          path: `${documentPath(document.id)}/adjust-population`,
          headers: { ...headers, 'content-type': json },
          body: JSON.stringify({ by: Math.floor(this.#options.random() * 100) }),
        },
        answered: () => this.#updatable.push(document),
      }
    },
  }
}

const collection = '/v2/places'

const creation = (path: string, document: unknown, headers: Call['headers']): Step => ({
  call: {
    method: 'POST',
    path,
    headers: { ...headers, 'content-type': json, 'idempotency-key': randomUUID() },
    body: JSON.stringify(document),
  },
})

const documentPath = (id: string) => `${collection}/${id}`

function cumulativeShares(mix: Mix): readonly (readonly [OperationName, number])[] {
  const parts = operations.map((name) => [name, mix[name] ?? 0] as const).filter(([, weight]) => weight > 0)
  const total = parts.reduce((sum, [, weight]) => sum + weight, 0)
  if (parts.length === 0) throw new RangeError('a mix needs at least one operation')
  let sum = 0
  return parts.map(([name, weight]) => {
    sum += weight
    return [name, sum / total] as const
  })
}
