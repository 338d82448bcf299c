import { type Static, Type } from 'typebox'
import { type AccessRule, never } from './access.ts'
import { type Action, action } from './action.ts'
import type { VersionName } from './definition.ts'
import { eventTypes } from './events.ts'
import { type Query, query } from './named-query.ts'
import { type Resource, representation, resource } from './resource.ts'

export interface ReceiversOptions {
  /**
   * Callers who may add, see, change and remove receivers, and see what these have not got. Words about the token
   * alone.
   */
  readonly access: AccessRule
  /** Version of the API that has the routes, e.g. `v1`. */
  readonly version: VersionName
  /**
   * Number of receivers, all callers' together, from 1 to 1,000. Those who are registered at the same moment may be
   * more.
   *
   * @default 100
   */
  readonly max?: number
}

/** Name of the resource, and of its collection. */
export const receiversName = 'webhook-receivers'

const shown = Type.Object({
  url: Type.String({ maxLength: 2_048, description: 'Where events are sent: https, and a public address.' }),
  resources: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 50,
      description: 'Resources whose events it gets; all that have events, if it is absent.',
    }),
  ),
  types: Type.Optional(
    Type.Array(Type.Enum([...eventTypes]), {
      maxItems: eventTypes.length,
      description: 'Types of events that it gets; all, if it is absent.',
    }),
  ),
  enabled: Type.Boolean({ description: 'Whether it gets anything at present. Meanwhile its events wait.' }),
  disabledBecause: Type.Optional(Type.String({ maxLength: 200, readOnly: true })),
})

/** A secret is derived from this and a key of the origin, and stored nowhere. */
const derivation = Type.Object({
  /** Id of the key. */
  key: Type.String({ maxLength: 16 }),
  salt: Type.String({ maxLength: 64 }),
  /** Time until which it signs. */
  until: Type.Optional(Type.String({ format: 'date-time' })),
})
export type SecretDerivation = Static<typeof derivation>

const stored = Type.Object({
  ...shown.properties,
  secrets: Type.Array(derivation),
  /** Position of the log after which it gets events. */
  from: Type.Integer(),
})
export type StoredReceiver = Static<typeof stored>

const shownNames = Object.keys(shown.properties)
const registered = Type.Object({
  id: Type.String(),
  secret: Type.Optional(
    Type.String({ description: 'The secret; a repeated request is answered without it.' }),
  ),
})
const shownOnce = ['secret']
const undelivered = Type.Object({
  event: Type.String(),
  type: Type.Enum([...eventTypes]),
  resource: Type.String(),
  document: Type.String({ description: 'Id of the document.' }),
  version: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  attempts: Type.Integer(),
  reason: Type.Optional(Type.String()),
  nextAttemptAt: Type.Optional(Type.String({ format: 'date-time' })),
})

/** Receivers of webhooks as part of the API: their resource, and what can be done with them. */
export interface Receivers {
  readonly resource: Resource
  /** Number of receivers. */
  readonly max: number
  readonly register: Action
  readonly rotate: Action
  readonly replay: Action
  readonly undelivered: Query
}

/** Defines receivers of webhooks that callers of the API manage (`defineApplication({ receivers })`). */
export function webhookReceivers({ access, version, max = 100 }: ReceiversOptions): Receivers {
  if (!Number.isInteger(max) || max < 1 || max > 1_000)
    throw new TypeError('webhookReceivers: max must be an integer from 1 to 1,000')
  const on = resource(receiversName, {
    description: 'Receivers of webhooks.',
    schema: stored,
    access: { read: access, create: never, update: access, delete: access },
    set: {
      disabledBecause: ({ enabled, disabledBecause }) =>
        enabled ? undefined : (disabledBecause ?? 'by a request'),
    },
    versions: [
      representation(version, {
        stored,
        schema: shown,
        // The cast: the names are those of the shown fields.
        fromStored: (document) =>
          Object.fromEntries(
            Object.entries(document).filter(([name]) => shownNames.includes(name)),
          ) as Static<typeof shown>,
        toStored: (input, current) => ({
          ...input,
          ...(current?.disabledBecause !== undefined && { disabledBecause: current.disabledBecause }),
          secrets: current?.secrets ?? [],
          from: current?.from ?? 0,
        }),
        paths: {},
      }),
    ],
  })
  const own = { on, access, versions: [version] }
  const register = action('register', {
    ...own,
    target: 'collection',
    description:
      'Adds a receiver, which gets all events from now on, and answers its secret for the only time.',
    input: Type.Pick(shown, ['url', 'resources', 'types']),
    output: registered,
    problems: { 'too-many': `There are ${max} receivers, as many as are allowed: remove one first.` },
  })
  const rotate = action('rotate-secret', {
    ...own,
    description:
      'Makes a new secret, and answers it for the only time. The old ones sign as well, for a time.',
    input: Type.Object({
      overlapSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_592_000, default: 86_400 })),
    }),
    output: registered,
  })
  const replay = action('replay', {
    ...own,
    description: 'Sends again what was not delivered, one event or all, at once and with all attempts.',
    input: Type.Object({ event: Type.Optional(Type.String({ maxLength: 100 })) }),
    output: Type.Object({ replayed: Type.Integer() }),
  })
  const listed = query('undelivered', {
    ...own,
    description:
      'Events that a receiver has not got: those that wait for another attempt, or that were given up.',
    parameters: Type.Object({
      receiver: Type.String({ maxLength: 64, description: 'Id of the receiver.' }),
      state: Type.Enum(['waiting', 'dead']),
    }),
    output: Type.Object({ items: Type.Array(undelivered), more: Type.Boolean() }),
  })
  // The casts only hide the type parameters.
  return {
    resource: on as unknown as Resource,
    max,
    register: { ...(register as unknown as Action), shownOnce },
    rotate: { ...(rotate as unknown as Action), shownOnce },
    replay: replay as unknown as Action,
    undelivered: listed as unknown as Query,
  }
}
