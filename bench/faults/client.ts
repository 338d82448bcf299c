import { setTimeout as sleep } from 'node:timers/promises'
import { pick, type Random } from '../load/random.ts'
import { fullBody, type Markers, patchBody } from './bodies.ts'
import { type Answer, isOpen, isSuccess, type ResourceName } from './exchange.ts'
import type { Asked, Session, Via } from './session.ts'
import type { Shelved, Shelves } from './shelf.ts'

export interface ClientOptions {
  readonly session: Session
  readonly subject: string
  /** Edges to use, in turn. */
  readonly edges: readonly Via[]
  readonly origins: readonly Via[]
  readonly shelves: Shelves
  readonly markers: Markers
  readonly random: Random
  readonly signal: AbortSignal
  /** Sends reads directly to the origin. */
  readonly direct: Session
  /** Mean pause between two actions, in ms. */
  readonly pauseMs: number
}

const resources: readonly ResourceName[] = ['places', 'trips', 'advisories']
const attemptsMax = 6

/**
 * A closed loop of random actions as people and programs perform them: read, change, get refused, read again, repeat.
 */
export class Client {
  readonly #options: ClientOptions
  /** Last known entity tags, for If-Match. */
  readonly #seen = new Map<string, string>()

  constructor(options: ClientOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { pauseMs, random, signal } = this.#options
    while (!signal.aborted) {
      await this.#act()
      await this.#pause(2 * pauseMs * random())
    }
  }

  async #act(): Promise<void> {
    const { random, shelves, subject } = this.#options
    const resource = pick(resources, random)
    const document = shelves.pick(resource, subject, random)
    if (document === undefined) return this.#create(resource)
    const dice = random()
    if (dice < 0.3) return this.#read(resource, document)
    if (dice < 0.42) return this.#readDirect(resource, document)
    if (dice < 0.5) return this.#list(resource)
    if (dice < 0.76) return this.#change(resource, document)
    if (dice < 0.82) return this.#changeTwo()
    // Keeps trips few, so that one page lists all of them.
    if (dice < 0.86 && resource !== 'trips') return this.#createBatch(resource)
    if (dice < 0.91 || shelves.isFull(resource, subject)) return this.#delete(resource, document)
    return this.#create(resource)
  }

  async #read(resource: ResourceName, { id }: Shelved): Promise<void> {
    const path = `/v2/${resource}/${id}`
    await this.#ask({ via: this.#edge(), operation: 'read', resource, path, documentId: id })
  }

  async #readDirect(resource: ResourceName, { id }: Shelved): Promise<void> {
    const { direct, origins, random } = this.#options
    const path = `/v2/${resource}/${id}`
    await direct.ask({ via: pick(origins, random), operation: 'read', resource, path, documentId: id })
  }

  async #list(resource: ResourceName): Promise<void> {
    const path = resource === 'trips' ? '/v2/trips?limit=100' : `/v2/${resource}?countryCode=ZZ&limit=20`
    await this.#ask({ via: this.#edge(), operation: 'list', resource, path })
  }

  /** Changes a document. If another version has come in between, reads it and decides again. */
  async #change(resource: ResourceName, document: Shelved): Promise<void> {
    const { random, markers } = this.#options
    const { id, code } = document
    const isConditional = resource === 'trips' || random() < 0.6
    for (let attempt = 1; attempt <= attemptsMax && !this.#options.signal.aborted; attempt++) {
      if (isConditional && !this.#seen.has(id)) await this.#read(resource, document)
      const ifMatch = isConditional ? this.#seen.get(id) : undefined
      if (isConditional && ifMatch === undefined) return
      const marker = markers.next()
      const operation = random() < 0.5 ? 'put' : 'patch'
      const body = operation === 'put' ? fullBody(resource, marker, { code }) : patchBody(resource, marker)
      const answer = await this.#ask({
        via: this.#edge(),
        operation,
        resource,
        path: `/v2/${resource}/${id}`,
        documentId: id,
        body,
        marker,
        ...(ifMatch !== undefined && { ifMatch }),
      })
      if (answer !== undefined && isSuccess(answer.status)) return
      this.#seen.delete(id)
      if (answer?.status === 404) return
      if (answer?.status !== 412) await this.#pause(300 * random())
      if (answer?.status !== 412 && random() < 0.5) return
    }
  }

  /** Imitates a page that saves two things at once, and then reads them through whichever edge comes next. */
  async #changeTwo(): Promise<void> {
    const { shelves, subject, random } = this.#options
    const pair = (['trips', 'advisories'] as const).map((resource) => ({
      resource,
      document: shelves.pick(resource, subject, random),
    }))
    const both = (act: (resource: ResourceName, document: Shelved) => Promise<unknown>) =>
      Promise.all(pair.map(({ resource, document }) => document && act(resource, document)))
    await both((resource, document) => this.#change(resource, document))
    await both((resource, document) => this.#read(resource, document))
  }

  async #delete(resource: ResourceName, { id }: Shelved): Promise<void> {
    const { shelves, subject, random } = this.#options
    const seen = this.#seen.get(id)
    const isConditional = resource === 'trips' || random() < 0.5
    if (isConditional && seen === undefined) return
    const answer = await this.#ask({
      via: this.#edge(),
      operation: 'delete',
      resource,
      path: `/v2/${resource}/${id}`,
      documentId: id,
      ...(isConditional && seen !== undefined && { ifMatch: seen }),
    })
    if (answer === undefined || answer.status !== 412) shelves.remove(resource, subject, id)
    if (answer?.status === 412) this.#seen.delete(id)
  }

  async #create(resource: ResourceName): Promise<void> {
    const { markers, random, shelves, subject } = this.#options
    const marker = markers.next()
    const key = random() < 0.7 ? `key-${marker}` : undefined
    const body = fullBody(resource, marker)
    const answer = await this.#untilKnown(key, {
      operation: 'create',
      resource,
      path: `/v2/${resource}`,
      body,
      marker,
    })
    if (answer?.documentId === undefined || !isSuccess(answer.status)) return
    shelves.add(resource, subject, {
      id: answer.documentId,
      ...(typeof body.code === 'string' && { code: body.code }),
    })
  }

  async #createBatch(resource: ResourceName): Promise<void> {
    const { markers, random } = this.#options
    const made = Array.from({ length: 2 + Math.floor(random() * 5) }, () => markers.next())
    const items = made.map((marker) => fullBody(resource, marker, { isLast: true }))
    await this.#untilKnown(random() < 0.7 ? `key-${made[0]}` : undefined, {
      operation: 'batch',
      resource,
      path: `/v2/${resource}/batch`,
      body: { items },
      markers: made,
    })
  }

  /** A request with a key is repeated until its outcome is known, and sometimes once more. */
  async #untilKnown(key: string | undefined, asked: Omit<Asked, 'via' | 'key'>): Promise<Answer | undefined> {
    const { random, signal } = this.#options
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask({ via: this.#edge(), ...asked, ...(key !== undefined && { key }) })
      const isTold = answer !== undefined && isSuccess(answer.status)
      if (key === undefined || attempt === attemptsMax || signal.aborted) return answer
      if (isTold && random() > 0.15) return answer
      if (!isTold && !isOpen(answer) && answer !== undefined && answer.status < 500 && answer.status !== 409)
        return answer
      await this.#pause(400 * random())
    }
  }

  async #ask(asked: Asked): Promise<Answer | undefined> {
    const answer = await this.#options.session.ask(asked)
    const { documentId } = asked
    const isSeen = documentId !== undefined && answer?.etag !== undefined && isSuccess(answer.status)
    if (isSeen) this.#seen.set(documentId, answer.etag)
    return answer
  }

  #edge(): Via {
    return pick(this.#options.edges, this.#options.random)
  }

  #pause(ms: number): Promise<unknown> {
    return sleep(ms, undefined, { signal: this.#options.signal }).catch(() => undefined)
  }
}
