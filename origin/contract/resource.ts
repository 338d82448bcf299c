import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import {
  type AccessRules,
  Audience,
  creatorField,
  FieldAccess,
  ownerField,
  resolveAccess,
  tenantFields,
} from './access.ts'
import type { Action } from './action.ts'
import type { CheckedOwnKeys } from './api-keys/own-keys.ts'
import type { CacheRule } from './cache-policy.ts'
import { resolveCacheRule } from './cache-policy.ts'
import type {
  CheckedRepresentation,
  Deprecation,
  FieldPath,
  Fields,
  IndexDefinition,
  Representation,
  ResourceDefinition,
  VersionName,
} from './definition.ts'
import { checkDefinition } from './definition-check.ts'
import { type Erasure, resolveErasure, rulesOf, subjectFieldsOf } from './erasure.ts'
import { type EventsRule, resolveEvents } from './events.ts'
import { type ExportRule, resolveExport } from './export-rule.ts'
import { type HistoryRule, resolveHistory } from './history.ts'
import { type Migration, shapeNumber } from './migration.ts'
import type { Query } from './named-query.ts'
import type { Plans } from './plans/plan.ts'
import type { Priority } from './priority.ts'
import { type DeclaredProblems, resolveProblems } from './refusal.ts'
import { restoreAction } from './restore.ts'
import { shapeOf } from './shape.ts'
import { keptDeletedMs } from './soft-delete.ts'
import type { StoredLayout } from './stored-layout.ts'
import type { WriteRules } from './write-rules.ts'

/** Fields of every representation, beside its schema. Times are RFC 3339 in UTC, with milliseconds. */
export const systemFields = {
  id: Type.String({
    description: 'Identifier, unique within the resource.',
    maxLength: 64,
    readOnly: true,
    examples: ['0f8fad5b-d9cb-469f-a165-70867728950e'],
  }),
  createdAt: Type.String({ format: 'date-time', description: 'Time of the creation.', readOnly: true }),
  updatedAt: Type.String({
    format: 'date-time',
    description: 'Time of the last change.',
    readOnly: true,
  }),
} as const

/** A checked definition with all defaults filled in. */
export interface Resource<
  Stored extends TProperties = TProperties,
  Name extends string = string,
  View extends Representation = Representation,
  Reason extends string = string,
  Computed extends string = string,
> {
  readonly name: Name
  readonly description: string
  readonly schema: TObject<Stored>
  readonly access: AccessRules
  /** Residuals of each rule, per caller. */
  readonly audiences: Readonly<Record<keyof AccessRules, Audience>>
  readonly fieldAccess: FieldAccess
  /** Stored field with the creator's subject, if a rule has an owner. */
  readonly ownerField: string | undefined
  /** The owner field, if lists are limited to the owner. */
  readonly listOwnerField: string | undefined
  /** Claims by the stored fields that contain one of their values. */
  readonly tenants: ReadonlyMap<string, string>
  readonly cache: CacheRule
  readonly query: {
    readonly filter: readonly string[]
    readonly sort: readonly string[]
    readonly defaultSort: string
    readonly pageSize: { readonly default: number; readonly max: number }
    readonly countMax: number
  }
  readonly indexes: readonly IndexDefinition[]
  /** Layout of an adopted collection; `undefined` for one of Spillway's own. */
  readonly stored: StoredLayout | undefined
  readonly migrations: readonly Migration[]
  /** Names of resources by the stored fields with ids of their documents. */
  readonly references: ReadonlyMap<string, string>
  /** The referenced resources, by the same fields; present within an application. */
  readonly targets: ReadonlyMap<string, Resource>
  readonly rules: WriteRules
  /** Reasons for which a write of it is refused. */
  readonly problems: DeclaredProblems<Reason>
  /** Time for which a deleted document can be restored, in ms; `undefined` if deletions are final. */
  readonly deletedKeptMs: number | undefined
  /** `undefined` if lists cannot be exported. */
  readonly export: ExportRule | undefined
  /** `undefined` if its writes are not recorded. */
  readonly events: EventsRule | undefined
  /** `undefined` if its writes leave no history. */
  readonly history: HistoryRule | undefined
  /** Fates of documents by the fields with subjects, as far as they are declared. */
  readonly erasure: Erasure
  /** Stored fields with subjects: those of its rules, and those of `erasure`. */
  readonly subjectFields: readonly string[]
  readonly priority: Priority
  readonly requireIfMatch: boolean
  readonly batchSizeMax: number
  readonly versions: ReadonlyMap<VersionName, CheckedRepresentation>
  /** Whether its documents are API keys, which edges accept ({@link ./api-keys/api-keys.ts}). @default false */
  readonly holdsApiKeys?: true
  /** Keys that people issue for themselves. @default nobody may */
  readonly ownKeys?: CheckedOwnKeys | undefined
  /** Plans of callers, whose usage its documents are ({@link ./plans/plans.ts}). */
  readonly plans?: Plans
  /** Types of its versions, for the typed client. Never has a value. */
  readonly views?: View
  /** Names of the fields that `set` computes, for the typed client. Never has a value. */
  readonly computed?: Computed
  /** Actions by name: the framework's, and the application's once the resource is part of one. */
  readonly actions: ReadonlyMap<string, Action>
  /** Named queries, by name; present within an application. */
  readonly queries: ReadonlyMap<string, Query>
}

/**
 * Defines a resource with all of its rules.
 * @throws {DefinitionError} with all mistakes and their fixes
 */
export function resource<
  Name extends string,
  Stored extends TProperties,
  View extends Representation,
  Computed extends keyof Stored & string = never,
  Reason extends string = never,
>(
  name: Name,
  definition: ResourceDefinition<Stored, Computed, View, Reason>,
): Resource<Stored, Name, View, Reason, Computed> {
  // The cast only hides the type parameters: the checks treat fields by name.
  checkDefinition(name, definition as unknown as ResourceDefinition)
  const access = resolveAccess(definition.access)
  const { softDelete } = definition
  const fieldAccess = new FieldAccess(definition.access.fields ?? {})
  const problems = resolveProblems(definition.problems)
  const erasure = resolveErasure(definition.erasure ?? {})
  const rules = rulesOf(access, definition.access.fields ?? {}, softDelete?.restore, definition.history?.read)
  const subjectFields = subjectFieldsOf(rules, erasure)
  const made: Resource<Stored, Name, View, Reason, Computed> = {
    name,
    description: definition.description,
    schema: definition.schema,
    access,
    audiences: {
      read: new Audience(access.read),
      create: new Audience(access.create),
      update: new Audience(access.update),
      delete: new Audience(access.delete),
    },
    fieldAccess,
    ownerField: creatorField(access),
    listOwnerField: ownerField(access.read),
    tenants: tenantFields(access),
    cache: resolveCacheRule(definition.cache ?? 'none', access.read, fieldAccess.hidesSome),
    query: {
      filter: definition.query?.filter ?? [],
      sort: definition.query?.sort ?? [],
      defaultSort: definition.query?.defaultSort ?? 'id',
      pageSize: definition.query?.pageSize ?? defaultPageSize,
      countMax: definition.query?.countMax ?? 0,
    },
    indexes: definition.indexes ?? [],
    stored: definition.stored,
    migrations: definition.migrations ?? [],
    // The cast is safe: the definition's check requires that every value is a name.
    references: new Map(Object.entries(definition.references ?? {})) as ReadonlyMap<string, string>,
    rules: { set: definition.set ?? {}, check: definition.check, problems },
    problems,
    deletedKeptMs: keptDeletedMs(softDelete),
    export: resolveExport(definition.export, access.read),
    events: resolveEvents(definition.events, access.read),
    history: resolveHistory(definition.history, definition.access.fields ?? {}, subjectFields),
    erasure,
    subjectFields,
    priority: definition.priority ?? 'normal',
    requireIfMatch: definition.requireIfMatch ?? false,
    batchSizeMax: definition.batchSizeMax ?? 100,
    versions: new Map(
      definition.versions.map((view) => [
        view.version,
        { ...view, shape: shapeOf(definition.schema, view, shapeNumber(definition.migrations ?? [])) },
      ]),
    ),
    targets: new Map(),
    actions: new Map(),
    queries: new Map(),
  }
  if (softDelete === undefined) return made
  // The cast only hides the type parameters, which the restore action does not use.
  const restore = restoreAction(made as unknown as Resource, softDelete, access.delete)
  return { ...made, actions: new Map([[restore.name, restore]]) }
}

export const defaultPageSize = { default: 20, max: 100 } as const

/** A representation that shows the stored document as it is. Fields in `readOnly` are sent, and refused in bodies. */
export function asStored<
  Version extends VersionName,
  Stored extends TProperties,
  ReadOnly extends keyof Stored & string = never,
>(
  version: Version,
  schema: TObject<Stored>,
  options: { readonly readOnly?: readonly ReadOnly[]; readonly revision?: number } = {},
): Representation<Version, TObject<MarkedReadOnly<Stored, ReadOnly>>> {
  const readOnly = new Set<string>(options.readOnly)
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, field]) => [
      name,
      // The cast is safe: a property of a schema is a schema.
      readOnly.has(name) ? { ...(field as TSchema), readOnly: true } : field,
    ]),
  )
  const names = Object.keys(properties)
  return {
    version,
    // The cast is safe: each field is the stored one, or marked as read-only.
    schema: Type.Object(properties as MarkedReadOnly<Stored, ReadOnly>),
    fromStored: (stored) => pick(stored, names),
    toStored: (input, current) => ({ ...(current && pick(current, [...readOnly])), ...input }),
    paths: {},
    ...(options.revision !== undefined && { revision: options.revision }),
  }
}

/** Marks the named fields as read-only: answers contain them, and bodies must not. */
export type MarkedReadOnly<Stored extends TProperties, ReadOnly extends string> = {
  [Field in keyof Stored]: Field extends ReadOnly
    ? Stored[Field] & { readonly readOnly: true }
    : Stored[Field]
}

/** A representation with a shape of its own, typed by both schemas. */
export function representation<Version extends VersionName, Stored extends TObject, Shown extends TObject>(
  version: Version,
  options: {
    readonly stored: Stored
    readonly schema: Shown
    readonly fromStored: (stored: Static<Stored>) => Static<Shown>
    readonly toStored: (input: Static<Shown>, current: Static<Stored> | undefined) => Static<Stored>
    readonly paths: {
      readonly [Field in keyof Static<Shown> & string]?: FieldPath<Static<Stored>> | null
    } & { readonly [inner: `${string}.${string}`]: FieldPath<Static<Stored>> | null }
    readonly revision?: number
    readonly deprecation?: Deprecation
  },
): Representation<Version, Shown> {
  const { stored: _typeOnly, ...view } = options
  // The cast only hides the types of both schemas: callers pass fields that these have validated.
  return { version, ...view } as unknown as Representation<Version, Shown>
}

/** The named fields of an object, without absent ones. */
export function pick(source: Fields, names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  for (const name of names) if (source[name] !== undefined) picked[name] = source[name]
  return picked
}
