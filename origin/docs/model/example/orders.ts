import { any, asStored, owner, resource, role } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  customerId: Type.String({ maxLength: 255, description: 'Subject of the token that ordered.' }),
  status: Type.Enum(['open', 'paid', 'sent']),
  placedOn: Type.String({ format: 'date' }),
  totalCents: Type.Integer({ minimum: 0 }),
  note: Type.Optional(Type.String({ maxLength: 500 })),
})

export const orders = resource('orders', {
  description: 'Orders: each customer their own, clerks all of them.',
  schema: stored,
  access: {
    read: any(owner('customerId'), role('clerk')),
    create: owner('customerId'),
    update: role('clerk'),
    delete: role('clerk'),
  },
  cache: { maxAge: '10s' },
  query: { filter: ['status'], sort: ['placedOn'], countMax: 1_000 },
  indexes: [
    { fields: { customerId: 1, placedOn: 1 } },
    { fields: { status: 1, placedOn: 1 } },
    { fields: { placedOn: 1 } },
  ],
  export: { formats: ['csv', 'ndjson'], access: role('clerk'), timeout: '5m', from: 'reader' },
  versions: [asStored('v1', stored, { readOnly: ['customerId'] })],
})
