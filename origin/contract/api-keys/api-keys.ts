import { type Static, Type } from 'typebox'
import { type AccessRule, all, any, never, owner } from '../access.ts'
import { action } from '../action.ts'
import type { VersionName } from '../definition.ts'
import { subjectLengthMax } from '../principal.ts'
import { representation, resource } from '../resource.ts'
import { chosen, time } from './key-schemas.ts'
import { checkedOwnKeys, issueOwnInput, type OwnKeys } from './own-keys.ts'

/** Name of the resource whose documents are API keys. */
export const apiKeysName = 'api-keys'

/** Secrets of one key that are valid at once: the newest, and those that were rotated out and have not ended. */
export const keySecretsMax = 5

/** Rights of a key, and its subject. */
const grants = {
  ...chosen,
  claims: Type.Optional(
    Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 128 }),
          values: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1, maxItems: 16 }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 16, description: 'Values of the claims that access rules read, such as roles.' },
    ),
  ),
  priority: Type.Optional(
    Type.Union([Type.Literal('critical'), Type.Literal('normal'), Type.Literal('background')], {
      description: 'Priority of all requests with the key under overload.',
    }),
  ),
}

const subject = Type.String({
  minLength: 1,
  maxLength: subjectLengthMax,
  description: 'Subject of requests with the key: what an owner rule compares.',
})

const shownFields = {
  ...grants,
  subject,
  issuedBy: Type.Optional(Type.String({ description: 'Subject of the caller who issued it over the API.' })),
  expiresAt: time('End of the newest secret.'),
  revokedAt: Type.Optional(time('Time of the revocation.')),
  lastUsedAt: Type.Optional(time('Time at which it was in use, to about ten minutes.')),
}
const shown = Type.Object({ ...shownFields, subject: { ...subject, readOnly: true } })

const stored = Type.Object({
  ...shownFields,
  /** Digests alone (SHA-256, base64url): a secret of 256 random bits needs no slow hash. */
  secrets: Type.Array(Type.Object({ hash: Type.String(), until: time('End of this secret.') })),
  /** One of the places that a person has for own keys, while it is valid. Unique, so that their number is bounded. */
  ownPlace: Type.Optional(Type.String()),
  /** Time of the last change that edges must hear of. */
  changedAt: time('Time of the last change of what it may do.'),
})

/** An API key as stored. */
export type StoredApiKey = Static<typeof stored>

const issueInput = Type.Object({
  ...grants,
  subject: Type.Optional({ ...subject, description: 'Default: `key:` and the id of the key.' }),
  expiresAt: Type.Optional(time('Default: a year from now.')),
})
export type NewApiKey = Static<typeof issueInput>

const secretShown = Type.String({
  description: 'The key itself. Shown this once: the answer to a repeated request lacks it.',
})
const issued = Type.Object({
  id: Type.String({ description: 'Id of the key: the part of it that is not secret.' }),
  key: Type.Optional(secretShown),
  subject: Type.String(),
  expiresAt: time('End of the key.'),
})

const rotateInput = Type.Object({
  overlapSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_592_000,
      description: 'Time for which the secret so far is valid, too. Default: a day.',
    }),
  ),
  expiresAt: Type.Optional(time('Default: a year from now.')),
})
export type Rotation = Static<typeof rotateInput>

export interface ApiKeysOptions<Version extends VersionName, Own extends OwnKeys | undefined> {
  /**
   * Callers who may list, issue, rotate and revoke the keys of everybody. A caller who may issue keys can act as any
   * subject, with any scope: name as few as possible. `never`: only the command (`npm run apikeys`) can.
   */
  readonly access: AccessRule
  /** People who may have keys of their own, which act as they do. @default nobody */
  readonly own?: Own
  /** Versions of the API that have these operations. */
  readonly versions: readonly Version[]
}

/**
 * API keys for machines, as a resource with its actions: list them in the application, and edges accept keys.
 *
 * `POST /v1/api-keys/issue`, `…/{id}/rotate` and `…/{id}/revoke`; `GET /v1/api-keys` and `…/{id}` show all but the
 * secrets. With `own` also `POST /v1/api-keys/issue-own`; a person then sees and revokes the keys that act as they do.
 *
 * @throws {DefinitionError} if `own` has a mistake
 */
export function apiKeys<Version extends VersionName, Own extends OwnKeys | undefined = undefined>({
  access,
  own,
  versions,
}: ApiKeysOptions<Version, Own>) {
  const ownKeys = own === undefined ? undefined : checkedOwnKeys(apiKeysName, own)
  const accessOrOwn = ownKeys === undefined ? access : any(access, all(ownKeys.access, owner('subject')))
  const made = resource(apiKeysName, {
    description: 'API keys of machines.',
    schema: stored,
    access: {
      read: accessOrOwn,
      create: never,
      update: never,
      delete: never,
    },
    query: { filter: ['subject'] },
    indexes: [
      { fields: { changedAt: 1 } },
      { fields: { subject: 1 } },
      ...(ownKeys === undefined ? [] : [{ fields: { ownPlace: 1 }, unique: true } as const]),
    ],
    erasure: {
      subject: { keep: 'a key acts as its subject, also after it is revoked: see npm run apikeys' },
      issuedBy: {},
    },
    priority: 'critical',
    versions: versions.map((version) =>
      representation(version, {
        ...{ stored, schema: shown, paths: {} },
        fromStored: ({ secrets: _secrets, changedAt: _changedAt, ownPlace: _ownPlace, ...rest }) => rest,
        // Bodies are refused: actions alone write keys.
        toStored: (input) => ({ ...input, secrets: [], changedAt: input.expiresAt }),
      }),
    ),
  })
  const resourceOfKeys = { ...made, holdsApiKeys: true, ownKeys } as const
  const shared = { on: resourceOfKeys, access, versions } as const
  const issue = action('issue', {
    ...shared,
    description: 'Issues an API key.',
    target: 'collection',
    input: issueInput,
    output: issued,
  })
  const rotate = action('rotate', {
    ...shared,
    description:
      'Gives a key a new secret. The secret so far stays valid for a time, in which its machine gets the new one.',
    input: rotateInput,
    output: issued,
    problems: {
      revoked: 'The key is revoked: issue another one.',
      'too-many-secrets': `The key has ${keySecretsMax} valid secrets: wait until one ends, or revoke the key.`,
    },
  })
  const revoke = action('revoke', {
    ...shared,
    access: accessOrOwn,
    description: 'Revokes a key, with all of its secrets. Every edge refuses it within a minute.',
  })
  const byOperators = [
    { ...issue, builtIn: 'issueApiKey', shownOnce: ['key'] },
    { ...rotate, builtIn: 'rotateApiKey', shownOnce: ['key'] },
    { ...revoke, builtIn: 'revokeApiKey' },
  ] as const
  const issueOwn = action('issue-own', {
    ...shared,
    access: ownKeys?.access ?? never,
    description: 'Issues an API key that acts as you, with those of your scopes that you name.',
    target: 'collection',
    input: issueOwnInput,
    output: issued,
    problems: {
      'asked-by-key': { status: 403, detail: 'A key cannot issue keys: sign in.' },
      'too-many-keys': `You have ${ownKeys?.countMax} keys: revoke one.`,
    },
  })
  const byOwners = [{ ...issueOwn, builtIn: 'issueOwnApiKey', shownOnce: ['key'] }] as const
  const actions = ownKeys === undefined ? byOperators : [...byOperators, ...byOwners]
  // The cast is safe: the list has the last action if, and only if, `own` is given.
  return {
    resource: resourceOfKeys,
    actions: actions as Own extends undefined
      ? typeof byOperators
      : readonly [...typeof byOperators, ...typeof byOwners],
  }
}

export type ApiKeys = ReturnType<typeof apiKeys>
