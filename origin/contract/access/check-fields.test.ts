import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import type { ResourceDefinition } from '../definition.ts'
import { asStored, representation, resource } from '../resource.ts'
import type { FieldRules } from './fields.ts'
import { any, anyone, never, owner, role, signedIn, tenant } from './rule.ts'

const schema = Type.Object({
  ownerId: Type.String({ maxLength: 255 }),
  name: Type.String({ maxLength: 100 }),
  email: Type.String({ maxLength: 100 }),
  note: Type.Optional(Type.String()),
})
const definition: ResourceDefinition = {
  description: 'People.',
  schema,
  access: { read: signedIn, write: owner('ownerId') },
  query: { filter: ['email'], sort: ['name'] },
  indexes: [{ fields: { email: 1 } }, { fields: { name: 1 } }],
  versions: [asStored('v1', schema, { readOnly: ['ownerId'] })],
}

const mistakeIn = (fields: FieldRules, changes: Partial<ResourceDefinition> = {}): string => {
  try {
    resource('people', { ...definition, access: { ...definition.access, fields }, ...changes })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const self = owner('ownerId')

describe('rules of fields', () => {
  it('are taken where somebody can satisfy them', () => {
    expect(mistakeIn({ email: { read: any(self, role('hr')) }, note: { write: never } })).toBe('')
    expect(mistakeIn({ email: { read: anyone }, name: { write: self } })).toBe('')
    // Read-only, so that no body has to have it.
    const versions = [asStored('v1', schema, { readOnly: ['ownerId', 'name'] })]
    const set = { name: () => 'A person' }
    expect(mistakeIn({ name: { write: never } }, { versions, set })).toBe('')
  })

  it.each<[string, FieldRules, string, Partial<ResourceDefinition>?]>([
    ['of a field that is not stored', { mail: { read: self } }, "the schema does not have 'mail'"],
    ['of a system field', { id: { read: self } }, "the schema does not have 'id'"],
    ['that say nothing', { email: {} }, 'access.fields.email has neither read nor write'],
    [
      'that read what is not stored',
      { note: { read: tenant('orgId', 'org') } },
      "access.fields.note.read reads 'orgId', which the schema does not have: add orgId",
    ],
    [
      'that let nobody send what each body must have',
      { name: { write: never } },
      "write is never, but versions.v1 requires 'name' in every body: make the field optional",
    ],
    [
      'that show nobody every value of a filter',
      { email: { read: self } },
      "query.filter names 'email', which nobody is shown of every document: remove it, or let a role",
    ],
    [
      'that hide what lists are sorted by',
      { name: { read: role('hr') } },
      "query.defaultSort is '-name', which some callers are not shown: name another field",
      { query: { sort: ['name'], defaultSort: '-name' } },
    ],
    [
      'that hide what a version takes for granted',
      { email: { read: role('hr') } },
      "versions.v1.fromStored fails where 'email' is not shown: let it take a document without the field",
      {
        versions: [
          representation('v1', {
            stored: schema,
            schema: Type.Object({ host: Type.String() }),
            fromStored: ({ email }) => ({ host: email.slice(1) }),
            toStored: ({ host }) => ({ ownerId: '', name: '', email: host }),
            paths: { host: null },
          }),
        ],
      },
    ],
    [
      'of another kind',
      { email: { read: 'hr' as never } },
      'access.fields.email.read must be an access rule such as anyone',
    ],
  ])('%s are refused, and the fix is named', (_what, fields, mistake, changes) => {
    expect(mistakeIn(fields, changes)).toContain(mistake)
  })

  it('may be compared by where each document that a caller is shown is their own', () => {
    const access = { read: self, write: self, fields: { email: { read: self } } }
    const indexes = [{ fields: { ownerId: 1, email: 1 } }, { fields: { ownerId: 1, name: 1 } }] as const
    expect(mistakeIn({}, { access, indexes })).toBe('')
  })

  it('keep no answer for readers who are shown other fields', () => {
    const cache = { maxAge: '30s', visibility: 'authorized' } as const
    expect(mistakeIn({ note: { read: role('hr') } }, { cache })).toContain(
      "cache.visibility 'authorized' would share data that only some callers may read: use 'residual'",
    )
  })
})
