import type { Static, TObject, TProperties } from 'typebox'
import type { Application, ApplicationParts } from '../contract/application.ts'
import type { Representation } from '../contract/definition.ts'
import type { Resource } from '../contract/resource.ts'
import type { Change, ChangesOptions } from './changes.ts'
import type { History, HistoryOptions } from './history.ts'
import type { ProblemDocument } from './problem.ts'
import type { FieldFilter, ListParts } from './query-string.ts'
import type { CallOptions } from './send.ts'

/** Fields that the API adds to every document. Times are RFC 3339 in UTC. */
export interface SystemFields {
  readonly id: string
  readonly createdAt: string
  readonly updatedAt: string
}

type PartsOf<App> = App extends Application<infer Parts> ? Parts : never
type ResourceOf<App> = PartsOf<App>['resource']
type ViewOf<One> = One extends Resource<infer _Stored, string, infer View> ? View : never
type VersionOf<App> = ViewOf<ResourceOf<App>>['version']
type NamesIn<One, Version> =
  One extends Resource<TProperties, infer Name, infer View>
    ? Version extends View['version']
      ? Name
      : never
    : never
type ShownIn<One, Version> = Extract<ViewOf<One>, Representation<Version & `v${number}`>>['schema']
type Writable<Shown> =
  Shown extends TObject<infer Fields>
    ? TObject<{ [Field in keyof Fields as Fields[Field] extends ReadOnly ? never : Field]: Fields[Field] }>
    : never
type ComputedIn<One> =
  One extends Resource<infer _Stored, string, infer _View, string, infer Computed> ? Computed : never
/** Fields that `set` computes may be left out, if the version has them under their stored names. */
type WithoutNeedFor<Body, Computed> = { [Field in keyof Body as Exclude<Field, Computed>]: Body[Field] } & {
  [Field in keyof Body as Extract<Field, Computed>]?: Body[Field]
}
interface ReadOnly {
  readonly readOnly: true
}

/** A document as a version shows it. */
export type DocumentIn<One, Version> = Static<ShownIn<One, Version>> & SystemFields
/** The body of a write. */
export type BodyIn<One, Version> = WithoutNeedFor<Static<Writable<ShownIn<One, Version>>>, ComputedIn<One>>

type On<Part, Name> = Part extends { readonly on: { readonly name: Name } } ? Part : never

/** A client of an application: `client.v2.places.read('2988507')`. */
export type Client<App extends Application<ApplicationParts>> = {
  readonly [Version in VersionOf<App>]: {
    readonly [Name in NamesIn<ResourceOf<App>, Version>]: ResourceClient<
      DocumentIn<Extract<ResourceOf<App>, { readonly name: Name }>, Version>,
      BodyIn<Extract<ResourceOf<App>, { readonly name: Name }>, Version>,
      On<PartsOf<App>['action'], Name>,
      On<PartsOf<App>['query'], Name>,
      Version
    >
  }
}

/** A document with its version, which a write sends so that it replaces no other. */
export interface Kept<Document> {
  readonly document: Document
  /** Entity tag (RFC 9110 §8.8.3). */
  readonly etag: string
}

/** A document to be changed: one that was read, whose version must be the current one; or an id, for any version. */
export type Target = string | { readonly document: { readonly id: string }; readonly etag: string }

/** Merge patch (RFC 7396): absent members stay, `null` removes one. */
export type Patch<Body> = {
  readonly [Field in keyof Body]?: undefined extends Body[Field]
    ? Exclude<Body[Field], undefined> | null
    : Body[Field] extends readonly unknown[]
      ? Body[Field]
      : Body[Field] extends object
        ? Patch<Body[Field]>
        : Body[Field]
}

export interface ReadOptions<Document, Field extends keyof Document = keyof Document> extends CallOptions {
  /** Fields to be sent, beside the id. @default all */
  readonly fields?: readonly Field[]
  /** Fields whose documents are to be sent in `expanded`. */
  readonly expand?: readonly (keyof Document & string)[]
}

type SortOf<Document> = (keyof Document & string) | `-${keyof Document & string}`

export interface ListOptions<Document, Field extends keyof Document = keyof Document>
  extends ReadOptions<Document, Field>,
    Pick<ListParts, 'search' | 'near' | 'count' | 'limit' | 'cursor'> {
  readonly filter?: Filter<Document>
  /** Filters of one condition each, of which at least one must hold, too. */
  readonly or?: readonly Filter<Document>[]
  /** Fields, the most significant first; `-` for descending. `relevance`: the best hits of `search` first. @default the resource's */
  readonly sort?:
    | 'relevance'
    | SortOf<Document>
    | `${string}.${string}`
    | readonly (SortOf<Document> | `${string}.${string}`)[]
}

/** Conditions by field, or by the path of one in an object. */
export type Filter<Document> = { readonly [Field in keyof Document & string]?: FieldFilter } & {
  readonly [path: `${string}.${string}`]: FieldFilter
}

/** A page of a list. */
export interface Page<Document> {
  readonly items: readonly Document[]
  /** Position of the next page; `null` on the last one. */
  readonly nextCursor: string | null
  /** Number of documents in the whole list; present if `count` asked for it. */
  readonly count?: { readonly value: number; readonly relation: 'eq' | 'gte' }
}

/** A list: iterate over its documents, over its pages, or await one page. */
export interface List<Document> extends AsyncIterable<Document> {
  page(): Promise<Page<Document>>
  pages(): AsyncIterable<Page<Document>>
}

/** Outcome of one document of a batch, in the order of the bodies. */
export type BatchItem<Document> =
  | { readonly status: 201; readonly id: string; readonly etag: string; readonly item: Document }
  | { readonly status: number; readonly problem: ProblemDocument }

export interface CreateOptions extends CallOptions {
  /** Key under which a repeated request is the same one, for 24 h. @default a random one for each call */
  readonly idempotencyKey?: string
}

/** Documents with the documents that their references name. */
export type Shown<Document, Field extends keyof Document> = Pick<
  Document,
  Field | ('id' & keyof Document)
> & {
  readonly expanded?: Readonly<Record<string, unknown>>
}

/** Operations of a resource. Each throws `ApiProblem` if it is refused, and `NoAnswer` if there is no answer. */
export interface ResourceClient<Document, Body, Act, Ask, Version = never> {
  read<Field extends keyof Document = keyof Document>(
    id: string,
    options?: ReadOptions<Document, Field>,
  ): Promise<Kept<Shown<Document, Field>>>
  /** Sends nothing until it is iterated over or `page()` is called. */
  list<Field extends keyof Document = keyof Document>(
    options?: ListOptions<Document, Field>,
  ): List<Shown<Document, Field>>
  /**
   * Follows the changes of the resource, without an end: leave the loop, or abort the signal. It waits for changes, and comes
   * back after failures that pass. The API has no such path for a resource without `events`.
   */
  changes(options?: ChangesOptions): AsyncIterable<Change<Document>>
  /**
   * Reads who wrote what in a document, newest first. The API has no such path for a resource without `history`.
   */
  history(target: Target, options?: HistoryOptions): History<Document>
  create(body: Body, options?: CreateOptions): Promise<Kept<Document>>
  /** Creates several documents in one request; each has an outcome of its own. */
  createMany(bodies: readonly Body[], options?: CreateOptions): Promise<readonly BatchItem<Document>[]>
  replace(target: Target, body: Body, options?: CallOptions): Promise<Kept<Document>>
  patch(target: Target, patch: Patch<Body>, options?: CallOptions): Promise<Kept<Document>>
  delete(target: Target, options?: CallOptions): Promise<void>
  /** Restores a deleted document. The API has no such path for a resource without `softDelete`, nor for one that may not be deleted. */
  restore(target: Target, options?: CreateOptions): Promise<Kept<Document>>
  /**
   * Reads a document, patches it with what the function returns, and starts again if another write came between.
   * The function may be called several times.
   */
  change(
    id: string,
    patchOf: (document: Document) => Patch<Body> | Promise<Patch<Body>>,
    options?: CallOptions,
  ): Promise<Kept<Document>>
  /**
   * Asks for an action, which has a target unless it is one of the collection. Returns its answer: without one of its own
   * the document as it is afterwards, or nothing if it is gone. An answer that is another resource's document is nothing if
   * the caller may not read that.
   */
  action<Name extends NameOf<Act>>(
    name: Name,
    ...args: ActionArguments<Extract<Act, { readonly name: Name }>>
  ): Promise<ActionAnswer<Extract<Act, { readonly name: Name }>, Document, Version>>
  /** Asks a named query. Every parameter may be left out as far as the types know, since they do not tell which have a default. */
  query<Name extends NameOf<Ask>>(
    name: Name,
    ...args: QueryArguments<Extract<Ask, { readonly name: Name }>>
  ): Promise<QueryAnswer<Extract<Ask, { readonly name: Name }>>>
}

type NameOf<Part> = Part extends { readonly name: infer Name extends string } ? Name : never
type InputOf<Act> = Act extends { readonly input: infer Input } ? InputFrom<Exclude<Input, undefined>> : never
type InputFrom<Input> = Input extends TObject ? Static<Input> : Record<never, never>
/** An action without an input needs none. */
type InputArguments<Act> = keyof InputOf<Act> extends never
  ? [input?: InputOf<Act>, options?: CreateOptions]
  : [input: InputOf<Act>, options?: CreateOptions]
type ActionArguments<Act> = Act extends { readonly target: 'collection' }
  ? InputArguments<Act>
  : [target: Target, ...InputArguments<Act>]
type ActionAnswer<Act, Document, Version> = Act extends { readonly output: infer Output }
  ? Output extends TObject
    ? Static<Output>
    : Output extends Resource
      ? Kept<DocumentIn<Output, Version>> | undefined
      : Act extends { readonly target: 'collection' }
        ? undefined
        : Kept<Document> | undefined
  : never
type QueryArguments<Ask> = Ask extends { readonly parameters: infer Parameters extends TObject }
  ? [parameters?: Partial<Static<Parameters>>, options?: CallOptions]
  : never
type QueryAnswer<Ask> = Ask extends { readonly output: infer Output extends TObject } ? Static<Output> : never
