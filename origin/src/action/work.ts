import {
  type ActionResource,
  type Catalogue,
  computeFields,
  type DocumentOf,
  type Fields,
  idPattern,
  judgeFields,
  normalizeTimes,
  type Principal,
  ProblemError,
  type Resource,
  refusalProblem,
} from '@spillway/origin/contract'
import { validationFailed } from '../http/validation-problem.ts'
import { ofStore } from '../lib/own-time.ts'
import { failureProblem } from '../resource/answer.ts'
import type { StoredCheck } from '../resource/validator.ts'
import type { Change } from '../store/commit.ts'
import type { Call, Repository, StoredDocument } from '../store/repository.ts'
import { type ActionStore, appended, changed, incremented, removed } from './action-store.ts'
import { ReadBudget } from './read-budget.ts'
import { type ListOptions, storedList } from './stored-list.ts'

export interface WorkOptions {
  readonly catalogue: Catalogue
  readonly repository: Repository
  /** Checks the stored fields of a resource. */
  readonly storedCheck: (resource: Resource) => StoredCheck
  /** Names of the resources that may be written. */
  readonly writable: ReadonlySet<string>
  readonly principal: Principal | undefined
  /** Time of all writes, RFC 3339. */
  readonly now: string
  readonly call: Call
}

const noLock = (name: string): string =>
  `documents of '${name}' cannot be locked: a lock is counted in the document, and nothing of Spillway is stored in these. Read them with { unchanged: true }, or lock a document of another resource`

/** Maximum documents per commit: their tags share one header, and their locks are held together. */
export const writesMax = 50

/** The document of the path, as read. */
export interface Found {
  readonly document: StoredDocument
  /** Whether it was deleted and can be restored. */
  readonly isDeleted: boolean
}

/** A document that the handler has read or created. */
interface Entry {
  readonly resource: Resource
  readonly id: string
  /** The document as read; `undefined` if it did not exist. */
  readonly read: StoredDocument | undefined
  /** The deleted document, if it is still stored. */
  restorable: StoredDocument | undefined
  /** The deleted document, once the handler restores it. */
  deleted: StoredDocument | undefined
  /** Fields after the handler's writes; `undefined` if deleted or absent. */
  fields: Fields | undefined
  isWritten: boolean
  isGuarded: boolean
  isLocked: boolean
}

/**
 * The documents of one run of a handler, with the changes to commit (the "unit of work" pattern, Fowler, 2002). The
 * casts to `Fields` are safe: TypeScript has checked the fields by the types of `ActionStore`.
 */
export class Work implements ActionStore {
  readonly #options: WorkOptions
  readonly #entries = new Map<string, Entry>()
  readonly #budget = new ReadBudget('action')
  #isOver = false
  #hasListed = false

  constructor(options: WorkOptions) {
    this.#options = options
  }

  get now(): string {
    return this.#options.now
  }

  /** Adds a document that was read for the handler. @returns the document as handlers see it */
  add(resource: Resource, found: Found): unknown {
    const entry = this.#add(resource, found)
    return this.#shown({ ...entry, read: found.document, fields: found.document.fields })
  }

  #add(resource: Resource, { document, isDeleted }: Found): Entry {
    const entry = entryOf(resource, document.id, isDeleted ? undefined : document)
    if (isDeleted) entry.restorable = document
    this.#entries.set(keyOf(resource, document.id), entry)
    return entry
  }

  /** Ends the run: a handler that continues after its timeout can write nothing more. */
  end(): void {
    this.#isOver = true
  }

  /** Documents to write, and documents that must be unchanged. */
  changes(): readonly Change[] {
    return [...this.#entries.values()].flatMap((entry) => changeOf(entry) ?? [])
  }

  /** A document as the handler has read or written it; `undefined` for others. */
  seen(resource: Resource, id: string): { readonly fields: Fields | undefined } | undefined {
    return this.#entries.get(keyOf(resource, id))
  }

  /** A document as it was read; `undefined` for one that was not, or did not exist. */
  read(resourceName: string, id: string): StoredDocument | undefined {
    return this.#entries.get(`${resourceName}/${id}`)?.read
  }

  async get<On extends ActionResource>(
    resource: On,
    id: string,
    { unchanged = false }: { readonly unchanged?: boolean } = {},
  ): Promise<DocumentOf<On> | undefined> {
    const entry = await this.#find(resource, id)
    if (unchanged) entry.isGuarded = true
    return entry.fields === undefined ? undefined : this.#shown<On>(entry)
  }

  async lock<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On> | undefined> {
    if (this.#hasListed) {
      throw new TypeError('take a lock before the first list, which may have missed other documents')
    }
    if (this.#resource(resource).stored !== undefined) throw new TypeError(noLock(resource.name))
    const entry = await this.#find(resource, id)
    entry.isLocked = true
    return entry.fields === undefined ? undefined : this.#shown<On>(entry)
  }

  async list<On extends ActionResource>(
    resource: On,
    { limit, unchanged = false, ...options }: ListOptions<On> & { readonly limit: number },
  ): Promise<readonly DocumentOf<On>[]> {
    const known = this.#resource(resource)
    this.#hasListed = true
    const { repository, call } = this.#options
    const listed = storedList(known, options, limit)
    const outcome = await ofStore(call, () => repository.list(known, listed, undefined, call))
    this.#mustGoOn()
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    this.#budget.count(outcome.documents)
    return outcome.documents.flatMap((document) => {
      const key = keyOf(known, document.id)
      const entry = this.#entries.get(key) ?? entryOf(known, document.id, document)
      this.#entries.set(key, entry)
      if (unchanged) entry.isGuarded = true
      return entry.fields === undefined ? [] : [this.#shown<On>(entry)]
    })
  }

  async find<On extends ActionResource>(
    resource: On,
    options: ListOptions<On>,
  ): Promise<DocumentOf<On> | undefined> {
    const [found] = await this.list(resource, { ...options, limit: 1 })
    return found
  }

  async create<On extends ActionResource>(
    resource: On,
    fields: object,
    { id }: { readonly id?: string } = {},
  ): Promise<DocumentOf<On>> {
    const known = this.#resource(resource)
    if (id !== undefined && !idPattern.test(id))
      throw new RangeError('an id has 1 to 64 letters, digits, - or _')
    const own = id ?? crypto.randomUUID()
    const entry = id === undefined ? entryOf(known, own, undefined) : await this.#find(resource, own)
    if (entry.fields !== undefined) throw new ProblemError(idIsTaken)
    this.#entries.set(keyOf(known, own), entry)
    return this.#write<On>(entry, changed({}, fields as Fields))
  }

  update<On extends ActionResource>(resource: On, id: string, changes: object): Promise<DocumentOf<On>> {
    return this.#change(resource, id, (fields) => changed(fields, changes as Fields))
  }

  async upsert<On extends ActionResource>(resource: On, id: string, fields: object): Promise<DocumentOf<On>> {
    const entry = await this.#find(resource, id)
    return this.#write<On>(entry, changed(entry.fields ?? {}, fields as Fields))
  }

  increment<On extends ActionResource>(resource: On, id: string, by: object): Promise<DocumentOf<On>> {
    return this.#change(resource, id, (fields) => incremented(fields, by as Fields))
  }

  append<On extends ActionResource>(resource: On, id: string, items: object): Promise<DocumentOf<On>> {
    return this.#change(resource, id, (fields) => appended(fields, items as Fields))
  }

  remove<On extends ActionResource>(resource: On, id: string, items: object): Promise<DocumentOf<On>> {
    return this.#change(resource, id, (fields) => removed(fields, items as Fields))
  }

  async delete<On extends ActionResource>(resource: On, id: string): Promise<void> {
    const entry: Entry = await this.#existing(resource, id)
    this.#mayWrite(entry.resource)
    entry.fields = undefined
    entry.isWritten = true
  }

  async restore<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On>> {
    const entry = await this.#find(resource, id)
    if (entry.fields !== undefined) return this.#shown<On>(entry)
    // The database has no tombstone yet: the deletion is one of this handler's uncommitted writes.
    if (entry.read !== undefined) throw new ProblemError(missing)
    if (entry.restorable === undefined) {
      const found = await this.#findKept(entry)
      // Restored by another request meanwhile.
      if (!found.isDeleted) return this.#shown<On>(this.#add(entry.resource, found))
      entry.restorable = found.document
    }
    entry.deleted = entry.restorable
    return this.#write<On>(entry, entry.deleted.fields)
  }

  async #findKept({ resource, id }: Entry): Promise<Found> {
    const { repository, call } = this.#options
    const outcome = await ofStore(call, () => repository.readKept(resource, id, call))
    this.#mustGoOn()
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    if (outcome.kind === 'notFound') throw new ProblemError(missing)
    return outcome
  }

  async #change<On extends ActionResource>(
    resource: On,
    id: string,
    change: (fields: Fields) => Fields,
  ): Promise<DocumentOf<On>> {
    const entry = await this.#existing(resource, id)
    return this.#write<On>(entry, change(entry.fields))
  }

  async #existing(resource: ActionResource, id: string): Promise<Entry & { fields: Fields }> {
    const entry = await this.#find(resource, id)
    if (entry.fields === undefined) throw new ProblemError(missing)
    // The cast is safe: `fields` was checked above.
    return entry as Entry & { fields: Fields }
  }

  async #find(resource: ActionResource, id: string): Promise<Entry> {
    const { repository, call } = this.#options
    const known = this.#resource(resource)
    const key = keyOf(known, id)
    const held = this.#entries.get(key)
    if (held !== undefined) return held
    const outcome = await ofStore(call, () => repository.read(known, id, call))
    this.#mustGoOn()
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    if (outcome.kind === 'found') this.#budget.count([outcome.document])
    // If two reads of one document ran at once, the first result counts.
    const entry =
      this.#entries.get(key) ?? entryOf(known, id, outcome.kind === 'found' ? outcome.document : undefined)
    this.#entries.set(key, entry)
    return entry
  }

  /** The application's resource of this name, with its rules. */
  #resource({ name }: ActionResource): Resource {
    this.#mustGoOn()
    const resource = this.#options.catalogue.get(name)
    if (resource === undefined) throw new TypeError(`'${name}' is not a resource of this application`)
    return resource
  }

  #mustGoOn(): void {
    if (this.#isOver) throw new Error('the request has been answered: nothing more can be read or written')
  }

  #mayWrite({ name }: Resource): void {
    if (this.#options.writable.has(name)) return
    throw new TypeError(`the action does not write '${name}': name it in the action's writes`)
  }

  /** Applies the rules of every write to the new fields. */
  #write<On extends ActionResource>(entry: Entry, drafted: Fields): DocumentOf<On> {
    this.#mustGoOn()
    const { resource, read, deleted } = entry
    this.#mayWrite(resource)
    const { principal, now, storedCheck } = this.#options
    const operation = deleted === undefined ? 'action' : 'restore'
    const circumstances = { before: (read ?? deleted)?.fields, principal, now, operation } as const
    const fields = normalizeTimes(resource.schema, computeFields(resource.rules, drafted, circumstances))
    // A deleted document may not fit a schema that has become narrower since. Neither may a stored one, so restoring
    // does not require it.
    const [mistake] = drafted === deleted?.fields ? [] : storedCheck(resource)(fields)
    if (mistake !== undefined) {
      const place = 'pointer' in mistake ? mistake.pointer : ''
      throw new TypeError(
        `the document of '${resource.name}' that the action writes does not fit its schema: ${place} ${mistake.detail}`,
      )
    }
    const objection = judgeFields(resource.rules, fields, circumstances)
    if (objection?.kind === 'refused') throw new ProblemError(refusalProblem(objection))
    if (objection !== undefined) throw new ProblemError(validationFailed(objection.errors))
    entry.fields = fields
    entry.isWritten = true
    return this.#shown<On>(entry)
  }

  #shown<On extends ActionResource>({ id, read, deleted, fields, isWritten }: Entry): DocumentOf<On> {
    const { now } = this.#options
    const createdAt = (read ?? deleted)?.createdAt ?? now
    const updatedAt = isWritten ? now : read?.updatedAt
    // The cast is safe: the schema from which the type is inferred has validated the fields.
    return { ...fields, id, createdAt, updatedAt } as unknown as DocumentOf<On>
  }
}

const keyOf = ({ name }: Resource, id: string): string => `${name}/${id}`

const entryOf = (resource: Resource, id: string, read: StoredDocument | undefined): Entry => ({
  resource,
  id,
  read,
  fields: read?.fields,
  isWritten: false,
  restorable: undefined,
  deleted: undefined,
  isGuarded: false,
  isLocked: false,
})

function changeOf(entry: Entry): Change | undefined {
  const { resource, id, read, deleted, fields, isWritten, isGuarded, isLocked } = entry
  if (deleted !== undefined) {
    return fields === undefined ? undefined : { kind: 'restore', resource, current: deleted, fields }
  }
  if (read === undefined) {
    return isWritten && fields !== undefined ? { kind: 'create', resource, fields, id } : undefined
  }
  const required = { resource, current: read, isLocked }
  if (!isWritten) return isGuarded || isLocked ? { kind: 'unchanged', ...required } : undefined
  return fields === undefined ? { kind: 'delete', ...required } : { kind: 'replace', ...required, fields }
}

const missing = { code: 'not-found', detail: 'A document that this action needs does not exist.' } as const
export const idIsTaken = { code: 'unique-conflict', detail: 'Another document already has this id.' } as const
