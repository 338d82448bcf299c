import type { Operation } from './operations.ts'
import { type Choose, chooser, type Popularity } from './popularity.ts'
import type { Random } from './random.ts'
import { sampleValue, type ValueSchema } from './sample-value.ts'
import type { HeadersOf } from './workload.ts'

/** A known document: its id and, for lists, a value to filter by. */
export interface KnownDocument {
  readonly id: string
  readonly filterValue?: string
}

/** Documents of each resource, the most popular first. */
export type KnownDocuments = Readonly<Record<string, readonly KnownDocument[]>>

export interface Request {
  readonly operation: Operation
  readonly method: Operation['method']
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface RequestOptions {
  readonly operations: readonly Operation[]
  readonly documents: KnownDocuments
  readonly popularity: Popularity
  /** Bearer tokens, one per subject; none: requests are anonymous. */
  readonly tokens: readonly string[]
  /** Other credentials than tokens. @default a bearer token of `tokens` */
  readonly headersOf?: HeadersOf
  /** Differs between runs, so that no Idempotency-Key repeats one of another run. */
  readonly run: string
  readonly random: Random
}

/**
 * Makes requests one after the other, the same for the same seed. Both drivers use it, so it depends on the language
 * alone: k6 has neither Node's modules nor the web's.
 */
export class Requests {
  readonly #options: RequestOptions
  readonly #upTo: readonly number[]
  readonly #choose: Readonly<Record<string, Choose>>
  #made = 0

  /** @throws RangeError where an operation needs documents of a resource and there are none */
  constructor(options: RequestOptions) {
    const { operations, documents, popularity } = options
    const lacking = operations.find(
      (one) => namesDocument(one) && (documents[one.resource]?.length ?? 0) === 0,
    )
    if (operations.length === 0) throw new RangeError('a mix needs at least one operation')
    if (lacking !== undefined) throw new RangeError(`${lacking.name}: there are no documents to ask for`)
    this.#options = options
    let sum = 0
    this.#upTo = operations.map(({ weight }) => {
      sum += weight
      return sum
    })
    this.#choose = Object.fromEntries(
      Object.entries(documents).map(([name, list]) => [name, chooser(popularity, list.length)]),
    )
  }

  /** @param user index of the user whose token it carries */
  next(user: number): Request {
    const { operations, random, headersOf = this.#tokenOf } = this.#options
    const at = random() * (this.#upTo.at(-1) ?? 0)
    // The cast is safe: a scenario has at least one operation.
    const operation = operations[this.#upTo.findIndex((upTo) => at < upTo)] ?? (operations[0] as Operation)
    const headers = headersOf(user)
    return { operation, method: operation.method, ...this.#partsOf(operation, headers) }
  }

  readonly #tokenOf: HeadersOf = (user) => {
    const { tokens } = this.#options
    const token = tokens[user % tokens.length]
    return token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  #partsOf(operation: Operation, headers: Readonly<Record<string, string>>) {
    const { random } = this.#options
    const { kind, path, filter, body = {} } = operation
    switch (kind) {
      case 'read':
        return { path: withId(path, this.#existing(operation).id), headers }
      case 'list': {
        // Lists are requested without a filter while no document exists.
        const value = filter === undefined ? undefined : this.#document(operation)?.filterValue
        const query = value === undefined ? '' : `${filter}=${encodeURIComponent(value)}&`
        return { path: `${path}?${query}limit=20`, headers }
      }
      case 'create':
        return {
          path,
          headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': this.#key() },
          body: JSON.stringify(sampleValue(body, random)),
        }
      case 'action':
        return {
          path: namesDocument(operation) ? withId(path, this.#existing(operation).id) : path,
          headers: {
            ...headers,
            'content-type': 'application/json',
            // A key belongs to a subject.
            ...(Object.keys(headers).length > 0 && { 'idempotency-key': this.#key() }),
          },
          body: JSON.stringify(sampleValue(body, random)),
        }
      case 'patch':
        return {
          path: withId(path, this.#existing(operation).id),
          headers: { ...headers, 'content-type': 'application/merge-patch+json' },
          body: JSON.stringify(sampleChange(body, random)),
        }
    }
  }

  #document({ resource }: Operation): KnownDocument | undefined {
    const { documents, random } = this.#options
    const index = this.#choose[resource]?.(random) ?? 0
    return documents[resource]?.[index]
  }

  /** The cast: the constructor refuses operations that need a document where there is none. */
  #existing(operation: Operation): KnownDocument {
    return this.#document(operation) as KnownDocument
  }

  /** Random as well as counted: each virtual user of k6 has a counter of its own. */
  #key(): string {
    const part = Math.floor(this.#options.random() * 2 ** 40).toString(36)
    return `${this.#options.run}-${part}-${(this.#made++).toString(36)}`
  }
}

/** Whether the path has the id of a document. */
export const namesDocument = ({ path }: Operation): boolean => path.includes(':id')

/** Path of a document. */
export const withId = (path: string, id: string): string => path.replace(':id', id)

/** Changes one field, a number if there is one, but none that lists are filtered by. */
function sampleChange({ properties = {} }: ValueSchema, random: Random): Record<string, unknown> {
  const fields = Object.entries(properties).filter(([, { readOnly }]) => !readOnly)
  const [name, schema] = fields.find(([, { type }]) => type === 'integer') ?? fields[0] ?? []
  return name === undefined || schema === undefined ? {} : { [name]: sampleValue(schema, random) }
}
