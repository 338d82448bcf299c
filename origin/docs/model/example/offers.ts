import { any, asStored, owner, resource, role, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  sellerId: Type.String({ maxLength: 255 }),
  buyerId: Type.Optional(Type.String({ maxLength: 255 })),
  title: Type.String({ minLength: 1, maxLength: 200 }),
  priceCents: Type.Integer({ minimum: 0 }),
  deliverTo: Type.Optional(Type.String({ maxLength: 500 })),
  limitCents: Type.Optional(Type.Integer({ minimum: 0, description: 'The least that the seller takes.' })),
  views: Type.Integer({ minimum: 0 }),
})

const seller = owner('sellerId')

export const offers = resource('offers', {
  description: 'Offers, whose every change leaves a record.',
  schema: stored,
  access: {
    read: signedIn,
    create: seller,
    update: any(seller, role('editor')),
    delete: seller,
    fields: { limitCents: { read: seller } },
  },
  cache: { maxAge: '1h' },
  set: { views: ({ views }) => views ?? 0 },
  history: {
    keep: '730d',
    read: any(seller, role('auditor')),
    values: true,
    except: ['views'],
  },
  erasure: {
    sellerId: 'delete',
    buyerId: { remove: ['deliverTo'] },
  },
  indexes: [{ fields: { sellerId: 1 } }, { fields: { buyerId: 1 } }],
  versions: [asStored('v1', stored, { readOnly: ['sellerId'] })],
})
