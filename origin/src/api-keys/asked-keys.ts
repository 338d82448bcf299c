import {
  type AskedKey,
  type DocumentOf,
  type KeyAnswer,
  type KeyQuestion,
  keyTimes,
  ProblemError,
  type Resource,
} from '@spillway/origin/contract'
import { storedList } from '../action/stored-list.ts'
import { failureProblem } from '../resource/answer.ts'
import type { Call, Repository } from '../store/repository.ts'
import type { KeyResource } from './key-changes.ts'

/** Maximum changes in one answer. With more of them in ten minutes, edges forget all keys and ask for each again. */
const changesMax = 1_000

export interface AskedKeysOptions {
  readonly resource: Resource
  readonly repository: Repository
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

type Changes = Pick<KeyAnswer, 'changed' | 'isCut'>

/**
 * Answers the questions of edges about API keys. Questions of one turn share a database command, as other reads do, and the
 * list of changes is read once a second, however many isolates ask.
 */
export class AskedKeys {
  readonly #options: AskedKeysOptions
  #listed: { readonly atMs: number; readonly changes: Promise<Changes> } | undefined

  constructor(options: AskedKeysOptions) {
    this.#options = options
  }

  /** @throws {ProblemError} if the database does not answer */
  async answer({ id }: Pick<KeyQuestion, 'id'>, call: Call): Promise<KeyAnswer> {
    // The changes first: a change between the two reads is then in the key, or in the next list.
    const changes = await this.#changes(call)
    return id === undefined ? changes : { ...changes, key: await this.#read(id, call) }
  }

  async #read(id: string, call: Call): Promise<AskedKey | null> {
    const { repository, resource } = this.#options
    const outcome = await repository.read(resource, id, call)
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    if (outcome.kind === 'notFound') return null
    const { fields, createdAt } = outcome.document
    // The cast is safe: the resource's schema has validated every stored key.
    return askedKey(fields as KeyFields, createdAt)
  }

  #changes(call: Call): Promise<Changes> {
    const nowMs = this.#options.clock()
    if (this.#listed !== undefined && nowMs - this.#listed.atMs < keyTimes.listedMs)
      return this.#listed.changes
    const changes = this.#list(nowMs, call)
    const listed = { atMs: nowMs, changes }
    this.#listed = listed
    changes.catch(() => {
      if (this.#listed === listed) this.#listed = undefined
    })
    return changes
  }

  async #list(nowMs: number, call: Call): Promise<Changes> {
    const { repository, resource } = this.#options
    const since = new Date(nowMs - keyTimes.changesMs).toISOString()
    const asked = { filter: { changedAt: { gte: since } }, sort: '-changedAt' }
    const listed = storedList(resource, asked, changesMax)
    const outcome = await repository.list(resource, listed, undefined, call)
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    return {
      changed: outcome.documents.map(({ id, fields }) => [id, String(fields.changedAt)] as const),
      isCut: outcome.more,
    }
  }
}

type KeyFields = DocumentOf<KeyResource>

function askedKey(fields: KeyFields, createdAt: string): AskedKey {
  const { changedAt, subject, scopes, claims = [], priority, revokedAt, secrets } = fields
  return {
    revision: changedAt,
    ...{ subject, scopes },
    claims: Object.fromEntries(claims.map(({ name, values }) => [name, values])),
    ...(priority !== undefined && { priority }),
    isRevoked: revokedAt !== undefined,
    issuedAtSeconds: Math.floor(Date.parse(createdAt) / 1_000),
    secrets: secrets.map(({ hash, until }) => ({ hash, untilMs: Date.parse(until) })),
  }
}
