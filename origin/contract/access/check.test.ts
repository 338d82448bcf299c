import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import type { ResourceDefinition } from '../definition.ts'
import { asStored, resource } from '../resource.ts'
import type { AccessOptions } from './options.ts'
import { all, any, anyone, member, never, owner, role, signedIn, tenant, where } from './rule.ts'

const schema = Type.Object({
  ownerId: Type.String({ maxLength: 255 }),
  orgId: Type.String({ maxLength: 64 }),
  memberIds: Type.Array(Type.String({ maxLength: 255 })),
  status: Type.Enum(['draft', 'published']),
  note: Type.Optional(Type.String()),
})
const definition: ResourceDefinition = {
  description: 'Notes.',
  schema,
  access: { read: any(where({ status: 'published' }), owner('ownerId')), write: owner('ownerId') },
  indexes: [{ fields: { status: 1 } }, { fields: { ownerId: 1 } }],
  versions: [asStored('v1', schema, { readOnly: ['ownerId', 'orgId'] })],
}

const mistakeIn = (access: AccessOptions, set: ResourceDefinition['set'] = {}): string => {
  try {
    resource('notes', { ...definition, access, set })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const write = owner('ownerId')

describe('access rules', () => {
  it('are accepted if an index finds each alternative and the creator keeps access to the document', () => {
    const set = { ownerId: () => 'somebody', orgId: () => 'acme' }
    expect(mistakeIn(definition.access, set)).toBe('')
    const others = { read: anyone, create: signedIn, update: role('admin'), delete: never }
    expect(mistakeIn(others, set)).toBe('')
  })

  it.each<[string, AccessOptions, string]>([
    [
      'a field that is not stored',
      { read: where({ state: 'x' }), write },
      "access.read reads 'state', which the schema does not have: add state: Type.String()",
    ],
    [
      'an array that is not stored',
      { read: member('people'), write },
      "reads 'people', which the schema does not have: add people: Type.Array(Type.String())",
    ],
    [
      'a member of a text',
      { read: member('status'), write },
      "member field 'status' must be an array of strings",
    ],
    [
      'a tenant that may be missing',
      { read: tenant('note', 'org'), write },
      "tenant field 'note' must be a required string: it holds a value of the claim 'org'",
    ],
    [
      'a value that a field never has',
      { read: where({ status: 'open' }), write },
      'where({ status }) is "open", which \'status\' can never be: name one of its values',
    ],
    [
      'nothing in where()',
      { read: where({}), write },
      'access.read has where({}), which every document satisfies: name a field',
    ],
    ['nothing in any()', { read: any(), write }, 'access.read has any() without a rule: name at least one'],
    [
      'never among others',
      { read: any(never, signedIn), write },
      'access.read has never among other rules: use it alone, or leave it out',
    ],
    [
      'an alternative without an index',
      { read: any(where({ status: 'published' }), member('memberIds')), write },
      "access.read narrows lists to 'memberIds', but no index leads with it: add { fields: { memberIds: 1 } } to indexes",
    ],
    [
      'a creator outside of the tenant',
      { read: tenant('orgId', 'org'), write },
      "locked out: use all(…, tenant('orgId', 'org')) there",
    ],
    [
      'owners without a token',
      { read: anyone, create: anyone, update: write, delete: write },
      'access.create lets callers without a token make documents that nobody owns: use signedIn',
    ],
    [
      'more alternatives than a database is asked for',
      {
        read: all(...Array.from({ length: 5 }, () => any(where({ status: 'draft' }), owner('ownerId')))),
        write,
      },
      'alternatives: at most 16 can be asked of a database at once',
    ],
  ])('with %s are refused, and the fix is named', (_what, access, mistake) => {
    const message = mistakeIn(access)
    expect(message).toMatch(/^resource 'notes':\n/)
    expect(message).toContain(mistake)
  })
})
