import {
  type ActionResource,
  type Catalogue,
  type DocumentOf,
  documentTag,
  type ListQuery,
  type Principal,
  ProblemError,
  type Query,
  type Resource,
  satisfies,
  tagsOfList,
} from '@spillway/origin/contract'
import { ofStore } from '../lib/own-time.ts'
import { failureProblem } from '../resource/answer.ts'
import { comparisons } from '../resource/hidden-comparison.ts'
import type { Call, Repository, StoredDocument } from '../store/repository.ts'
import { ReadBudget } from './read-budget.ts'
import { type ListOptions, storedList } from './stored-list.ts'

/** Options of a list in a query's handler. */
export type QueryList<On> = Omit<ListOptions<On>, 'unchanged'>

/**
 * Documents for the handler of a query: of `reads`, those that the caller may read; of `readsAll`, all of them. Reads
 * share database commands with other requests.
 */
export interface QueryStore {
  /** @returns `undefined` if it does not exist, or the caller may not read it */
  get<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On> | undefined>

  /** @throws {TypeError} if no index leads with a field of the filter */
  list<On extends ActionResource>(
    resource: On,
    options: QueryList<On> & { readonly limit: number },
  ): Promise<readonly DocumentOf<On>[]>

  /** The first document of {@link list}; `undefined` if there is none. */
  find<On extends ActionResource>(resource: On, options: QueryList<On>): Promise<DocumentOf<On> | undefined>

  /** Number of documents in a list, at most the resource's `query.countMax`; `isMore` if there are more. */
  count<On extends ActionResource>(
    resource: On,
    options: Pick<QueryList<On>, 'filter' | 'or' | 'search'>,
  ): Promise<{ readonly value: number; readonly isMore: boolean }>
}

export interface QueryReadsOptions {
  readonly query: Query
  readonly catalogue: Catalogue
  readonly repository: Repository
  readonly principal: Principal | undefined
  readonly call: Call
}

/**
 * Maximum document tags of one resource in an answer. With more documents, it gets the tag of the resource's lists
 * instead, which every write purges.
 */
const documentTagsMax = 20

/** Reads of one run of a handler. They determine the answer's tags. */
export class QueryReads implements QueryStore {
  readonly #options: QueryReadsOptions
  readonly #documents = new Map<Resource, Set<string>>()
  readonly #lists = new Set<string>()
  #isOver = false
  readonly #budget = new ReadBudget('query')
  /** Documents that have been read, whether or not the caller may see them. */
  rows = 0

  constructor(options: QueryReadsOptions) {
    this.#options = options
  }

  /** Ends the run: a handler that continues after its timeout can read nothing more. */
  end(): void {
    this.#isOver = true
  }

  /** Tags of the answer: every write that changes what was read, or adds to it, purges one of them. */
  tags(): readonly string[] {
    const tags = new Set(this.#lists)
    for (const [resource, ids] of this.#documents) {
      const named =
        ids.size > documentTagsMax
          ? tagsOfList(resource, [], this.#subject, undefined)
          : [...ids].map((id) => documentTag(resource.name, id))
      for (const tag of named) tags.add(tag)
    }
    return [...tags]
  }

  async get<On extends ActionResource>(resource: On, id: string): Promise<DocumentOf<On> | undefined> {
    const { known, residual } = this.#readable(resource)
    const ids = this.#documents.get(known) ?? new Set()
    this.#documents.set(known, ids.add(id))
    const { repository, call } = this.#options
    const outcome = await ofStore(call, () => repository.read(known, id, call))
    this.#mustGoOn()
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    if (outcome.kind === 'notFound') return undefined
    const { document } = outcome
    this.#count([document])
    if (residual !== undefined && !satisfies(residual, document.fields)) return undefined
    return this.#shown<On>(known, document)
  }

  async list<On extends ActionResource>(
    resource: On,
    { limit, ...options }: QueryList<On> & { readonly limit: number },
  ): Promise<readonly DocumentOf<On>[]> {
    const { known, residual } = this.#readable(resource)
    const listed = this.#listOf(known, options, limit)
    for (const tag of tagsOfList(known, listed.filters, this.#subject, residual)) this.#lists.add(tag)
    const { repository, call } = this.#options
    const outcome = await ofStore(call, () => repository.list(known, listed, residual, call))
    this.#mustGoOn()
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    this.#count(outcome.documents)
    return outcome.documents.map((document) => this.#shown<On>(known, document))
  }

  async find<On extends ActionResource>(
    resource: On,
    options: QueryList<On>,
  ): Promise<DocumentOf<On> | undefined> {
    const [found] = await this.list(resource, { ...options, limit: 1 })
    return found
  }

  async count<On extends ActionResource>(
    resource: On,
    options: Pick<QueryList<On>, 'filter' | 'or' | 'search'>,
  ) {
    const { known, residual } = this.#readable(resource)
    if (known.query.countMax === 0)
      throw new TypeError(`'${known.name}' cannot be counted: give it a query.countMax`)
    const listed = this.#listOf(known, options, 1)
    for (const tag of tagsOfList(known, listed.filters, this.#subject, residual)) this.#lists.add(tag)
    const { repository, call } = this.#options
    const outcome = await ofStore(call, () => repository.count(known, listed, residual, call))
    this.#mustGoOn()
    if (outcome.kind === 'notDone') throw new ProblemError(failureProblem(outcome))
    return { value: outcome.value, isMore: outcome.isMore }
  }

  get #subject(): string | undefined {
    return this.#options.principal?.subject
  }

  /**
   * The application's resource of this name, with the residual of the caller's read access; `undefined` for all
   * documents.
   */
  #readable({ name }: ActionResource) {
    this.#mustGoOn()
    const { query, catalogue, principal } = this.#options
    const known = catalogue.get(name)
    if (known !== undefined && this.#isReadWhole(known)) return { known, residual: undefined }
    if (known !== undefined && query.reads.some((one) => one.name === name)) {
      return { known, residual: known.audiences.read.of(principal) }
    }
    throw new TypeError(`the query does not read '${name}': name it in the query's reads`)
  }

  /** @throws {TypeError} if it compares a field that some callers may not read: the result would reveal the value */
  #listOf(known: Resource, options: Parameters<typeof storedList>[1], limit: number): ListQuery {
    const listed = storedList(known, options, limit)
    if (this.#isReadWhole(known)) return listed
    for (const { path } of comparisons(known, listed)) {
      const [field = path] = path.split('.', 1)
      if (known.fieldAccess.rules[field]?.read === undefined) continue
      throw new TypeError(
        `'${field}' of '${known.name}' may not be read by everybody: name the resource in readsAll`,
      )
    }
    return listed
  }

  #shown<On extends ActionResource>(known: Resource, document: StoredDocument): DocumentOf<On> {
    const { id, createdAt, updatedAt, fields } = document
    const hidden = this.#isReadWhole(known)
      ? []
      : known.fieldAccess.hiddenFrom(this.#options.principal, fields)
    const left = Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)))
    // The cast is safe: the schema from which the type is inferred has validated the fields. A hidden field counts as
    // absent.
    return { ...left, id, createdAt, updatedAt } as unknown as DocumentOf<On>
  }

  /** @throws {RangeError} if the run of the handler has now read more than it may */
  #count(documents: readonly StoredDocument[]): void {
    this.rows += documents.length
    this.#budget.count(documents)
  }

  #isReadWhole({ name }: Resource): boolean {
    return this.#options.query.readsAll.some((one) => one.name === name)
  }

  #mustGoOn(): void {
    if (this.#isOver) throw new Error('the request has been answered: nothing more can be read')
  }
}
