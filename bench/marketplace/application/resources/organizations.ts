import { any, asStored, member, owner, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { personId } from '../fields.ts'

/** People of an organization. */
export const managersMax = 20
export const membersMax = 500

const stored = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 120 }),
  ownerId: personId('The person who founded it.'),
  managerIds: Type.Array(personId('A person who may change it and its members.'), { maxItems: managersMax }),
  memberIds: Type.Array(personId('A person who belongs to it.'), { maxItems: membersMax }),
})

export const organizations = resource('organizations', {
  description: 'Companies of hosts: one owner, managers and members.',
  schema: stored,
  access: {
    read: any(owner('ownerId'), member('managerIds'), member('memberIds'), role('admin')),
    create: owner('ownerId'),
    update: any(owner('ownerId'), member('managerIds')),
    delete: owner('ownerId'),
  },
  cache: { maxAge: '10s' },
  indexes: [{ fields: { ownerId: 1 } }, { fields: { managerIds: 1 } }, { fields: { memberIds: 1 } }],
  set: {
    managerIds: ({ managerIds }) => managerIds ?? [],
    memberIds: ({ memberIds }) => memberIds ?? [],
  },
  versions: [asStored('v1', stored, { readOnly: ['ownerId', 'managerIds', 'memberIds'] })],
})
