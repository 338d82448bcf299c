import { all, any, asStored, never, owner, resource, role, tenant } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  orgId: Type.String({ maxLength: 64, description: 'Organization that the person belongs to.' }),
  userId: Type.String({ maxLength: 255, description: 'Subject of their tokens.' }),
  name: Type.String({ minLength: 1, maxLength: 200 }),
  email: Type.String({ maxLength: 254 }),
  salary: Type.Optional(Type.Integer({ minimum: 0 })),
  rating: Type.Optional(Type.Integer({ minimum: 1, maximum: 5, description: 'Given by reviews.' })),
})

const self = owner('userId')
const hr = role('hr')
const colleagues = tenant('orgId', 'org_id')

export const people = resource('people', {
  description: 'People of an organization. Colleagues see their names, and few see more.',
  schema: stored,
  access: {
    read: colleagues,
    create: all(colleagues, self),
    update: all(colleagues, any(self, hr)),
    delete: never,
    fields: {
      email: { read: any(self, hr) },
      salary: { read: any(self, hr), write: hr },
      rating: { write: never },
    },
  },
  cache: { maxAge: '30s' },
  query: { filter: ['email'], sort: ['name'] },
  indexes: [{ fields: { orgId: 1, name: 1 } }, { fields: { orgId: 1, email: 1 } }],
  versions: [asStored('v1', stored, { readOnly: ['orgId', 'userId'] })],
})
