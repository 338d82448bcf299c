import type { Static, TObject, TProperties, TSchema } from 'typebox'
import type { AccessRule } from './access.ts'
import { deadline } from './deadline.ts'
import type { VersionName } from './definition.ts'
import { DefinitionError } from './definition-check.ts'
import { actionOptions } from './definition-options.ts'
import { checkDuration, type Duration, durationSeconds } from './duration.ts'
import { feedName } from './feed.ts'
import { historyName } from './history.ts'
import type { Priority } from './priority.ts'
import { checkReasons, type DeclaredProblems, type ProblemDefinitions, resolveProblems } from './refusal.ts'

/** A resource as far as an action needs to know it. */
export interface ActionResource<Stored extends TProperties = TProperties> {
  readonly name: string
  readonly schema: TObject<Stored>
  readonly priority: Priority
  readonly problems: DeclaredProblems
  /** Stored field that contains the owner, if lists are limited to the owner. */
  readonly listOwnerField: string | undefined
  readonly versions: ReadonlyMap<VersionName, { readonly deprecation?: unknown }>
}

/** A body that is passed on unparsed. */
export interface RawBody {
  /** Accepted media types; `undefined` for any. */
  readonly types: readonly string[] | undefined
  readonly bytesMax: number
  /** Header fields that the handler gets, in lower case. */
  readonly headers: readonly string[]
}

/** The answer's schema; or the resource of the document that is the answer; or nothing beside the action's own. */
export type ActionOutput = TObject | ActionResource | undefined

/** `document`: `POST /v2/bookings/{id}/accept`. `collection`: `POST /v2/bookings/accept`. */
export type ActionTarget = 'document' | 'collection'

/** Definition of an action, as an application developer writes it. Pure: its handler is the server's (`implement`). */
export interface ActionDefinition<
  On extends ActionResource,
  Input extends TObject,
  Output extends ActionOutput,
  Reason extends string,
  Target extends ActionTarget,
> {
  /** One sentence for the API's documentation. */
  readonly description: string
  /** The resource that it belongs to. */
  readonly on: On
  /** @default 'document' */
  readonly target?: Target
  /** Callers who may call it. For a document action, the rule is also evaluated against the document. */
  readonly access: AccessRule
  /** Schema of the JSON body; unknown members are refused. @default none: the body is empty or `{}` */
  readonly input?: Input
  /**
   * Schema of the answer; or a resource, of which the handler returns a document: the caller gets it as a read in this
   * version would show it. @default the document after the action; for a collection action nothing (204)
   */
  readonly output?: Output
  /**
   * Reasons for which the handler may refuse, each with a sentence for the caller: a 409, or `{ status: 403, detail: … }`.
   */
  readonly problems?: ProblemDefinitions<Reason>
  /** Resources beside `on` whose documents the handler may write. @default none */
  readonly writes?: readonly ActionResource[]
  /**
   * The Idempotency-Key of a request that has none, e.g. the event id of a webhook, whose sender does not know ours.
   * Synchronous and pure. `undefined`: the request has no key. @default none
   */
  readonly idempotencyKey?: (input: Static<Input>) => string | undefined
  /** Priority under overload. @default the resource's */
  readonly priority?: Priority
  /** Time limit, commit included; 1 s to 30 s. @default '1s', as for every other request */
  readonly timeout?: Duration
  /** Versions of the resource that offer it. @default those that are not deprecated */
  readonly versions?: readonly VersionName[]
}

/** A checked action. */
export interface Action<
  On extends ActionResource = ActionResource,
  Input extends TObject = TObject,
  Output extends ActionOutput = ActionOutput,
  Reason extends string = string,
  Target extends ActionTarget = ActionTarget,
  Name extends string = string,
> {
  readonly name: Name
  readonly description: string
  readonly on: On
  readonly target: Target
  readonly access: AccessRule
  readonly input: Input | undefined
  readonly output: Output
  readonly problems: DeclaredProblems<Reason>
  readonly writes: readonly ActionResource[]
  /** Its type is that of the definition, of which the action has validated the input. */
  readonly idempotencyKey?: (input: never) => string | undefined
  readonly priority: Priority
  readonly timeoutMs: number
  readonly versions: readonly VersionName[]
  /** Present if the handler gets the body unparsed (`endpoint`). */
  readonly raw?: RawBody
  /** Present if the framework has its handler. */
  readonly builtIn?: 'restore' | 'issueApiKey' | 'issueOwnApiKey' | 'rotateApiKey' | 'revokeApiKey'
  /**
   * Optional members of the answer that are shown once: the answer that is kept for a repeated request lacks them.
   * @default none
   */
  readonly shownOnce?: readonly string[]
}

/** A document of a resource in server code: the stored fields and the system fields. */
export type DocumentOf<On> = On extends { readonly schema: infer Schema extends TSchema }
  ? Static<Schema> & { readonly id: string; readonly createdAt: string; readonly updatedAt: string }
  : never

/** Stored fields of a resource. */
export type FieldsOf<On> = On extends { readonly schema: infer Schema extends TSchema }
  ? Static<Schema>
  : never

/**
 * Defines an action: an operation beyond create, read, update and delete.
 *
 * @param name becomes a path segment, e.g. `accept`
 * @throws {DefinitionError} that lists every mistake with its fix
 */
export function action<
  On extends ActionResource,
  Input extends TObject = TObject<Record<never, never>>,
  Output extends ActionOutput = undefined,
  Reason extends string = never,
  Target extends ActionTarget = 'document',
  Name extends string = string,
>(
  name: Name,
  definition: ActionDefinition<On, Input, Output, Reason, Target>,
): Action<On, Input, Output, Reason, Target, Name> {
  // The cast only hides the type parameters: the checks treat options by name.
  const mistakes = [...checkAction(name, definition as never)]
  if (mistakes.length > 0) throw new DefinitionError(name, mistakes, 'action')
  const { on, writes = [], versions } = definition
  return {
    name,
    description: definition.description,
    on,
    // The casts are safe, here and below: an absent option has the default of its type parameter.
    target: definition.target ?? ('document' as Target),
    access: definition.access,
    input: definition.input,
    output: definition.output as Output,
    problems: resolveProblems(definition.problems),
    writes: [on, ...writes],
    ...(definition.idempotencyKey !== undefined && { idempotencyKey: definition.idempotencyKey }),
    priority: definition.priority ?? on.priority,
    timeoutMs:
      definition.timeout === undefined ? deadline.budgetMs : durationSeconds(definition.timeout) * 1_000,
    versions: versions ?? liveVersions(on),
  }
}

type Definition = ActionDefinition<ActionResource, TObject, ActionOutput, string, ActionTarget>

function* checkAction(name: string, definition: Definition): Generator<string> {
  const ofKind = [...actionOptions(definition, '')]
  yield* ofKind
  // The other checks assume that each option has the right type.
  if (ofKind.length > 0) return
  const { on, problems = {}, timeout, versions } = definition
  if (!isWord(name) || name === 'batch' || name === feedName || name === historyName) {
    yield `the name becomes a path segment: use lower-case letters, digits and hyphens, and not 'batch', '${feedName}' or '${historyName}'`
  }
  yield* checkReasons(problems)
  yield* checkDuration('timeout', timeout, ['1s', '30s'])
  for (const version of versions ?? []) {
    if (!on.versions.has(version)) {
      yield `versions names '${version}', which '${on.name}' does not have: remove it`
    }
  }
  yield* checkOutput(definition)
  if (versions === undefined && liveVersions(on).length === 0) {
    yield `every version of '${on.name}' is deprecated: name versions`
  }
}

function* checkOutput({ on, output, versions = liveVersions(on) }: Definition): Generator<string> {
  if (!isResource(output)) return
  for (const version of versions) {
    if (!output.versions.has(version)) {
      yield `output is '${output.name}', which has no ${version}: add it there, or name versions that both have`
    }
  }
}

/** Whether an output is a resource. */
export const isResource = (output: ActionOutput): output is ActionResource =>
  output !== undefined && 'versions' in output

const isWord = (name: string): boolean => /^[a-z][a-z0-9-]{0,62}$/.test(name)

/** Versions of a resource that are not deprecated. */
export const liveVersions = ({ versions }: ActionResource): readonly VersionName[] =>
  [...versions].filter(([, { deprecation }]) => deprecation === undefined).map(([version]) => version)
