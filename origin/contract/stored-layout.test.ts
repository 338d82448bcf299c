import { Type } from 'typebox'
import { expect, it } from 'vitest'
import {
  anyone,
  asStored,
  type DefinitionError,
  decimal,
  objectId,
  resource,
  type StoredLayout,
} from './index.ts'

const schema = Type.Object({
  hostId: objectId(),
  price: decimal(),
  bornOn: Type.String({ format: 'date' }),
  count: Type.Integer(),
  address: Type.Object({ city: Type.String(), zip: Type.Optional(Type.String()) }),
  reviews: Type.Array(Type.Object({ by: objectId() })),
})

function mistakesOf(stored: Partial<StoredLayout>, more: object = {}): readonly string[] {
  try {
    resource('things', {
      description: 'Things.',
      schema,
      access: { read: anyone, write: anyone },
      stored: { collection: 'things', id: 'objectId', ...stored },
      versions: [asStored('v1', schema)],
      ...more,
    })
    return []
  } catch (error) {
    return (error as DefinitionError).mistakes
  }
}

it('takes names and types of every field, in objects and arrays too', () => {
  const stored: StoredLayout = {
    collection: 'Things.v2',
    id: 'text',
    fields: {
      hostId: 'host.id',
      'address.city': 'address.c',
      'reviews.by': 'reviews.by_id',
      createdAt: 'created',
    },
    types: {
      hostId: 'objectId',
      price: 'decimal',
      bornOn: 'date',
      count: 'long',
      'reviews.by': 'objectId',
      createdAt: 'date',
    },
  }
  expect(mistakesOf(stored)).toEqual([])
})

it.each<[Partial<StoredLayout>, string]>([
  [{ collection: '_jobs' }, "stored.collection '_jobs': name a collection"],
  [{ collection: 'system.users' }, "stored.collection 'system.users'"],
  [{ fields: { hostid: 'host' } }, "maps 'hostid', which the schema does not have"],
  [{ fields: { hostId: '' } }, 'must be names separated by dots'],
  [{ fields: { hostId: 'host.$id' } }, 'must be names separated by dots'],
  [{ fields: { hostId: '_id' } }, "'hostId' and 'id' are both stored at '_id'"],
  [{ fields: { hostId: 'price' } }, "'price' and 'hostId' are both stored at 'price'"],
  [{ fields: { hostId: 'address.host' } }, "are both stored at 'address'"],
  [{ fields: { 'address.city': 'address.zip' } }, "'address.zip' and 'address.city' are both stored"],
  [{ fields: { 'address.city': 'city' } }, "outside of its object: begin it with 'address.'"],
  [{ types: { hostID: 'objectId' } }, "types names 'hostID', which the schema does not have"],
  [{ types: { price: 'date' } }, "'price' is 'date', which its schema cannot show"],
  [{ types: { count: 'decimal' } }, 'make it decimal()'],
  [{ types: { updatedAt: 'long' } }, "'updatedAt' is 'long'"],
  [{ id: 'integer' }, 'set access.create to never'],
  [{ id: 'guid' as never }, "stored.id 'guid' is unknown"],
  [
    { types: { price: 'decimal128' as never } },
    "'decimal128' is unknown: use date, decimal, long, objectId or uuid",
  ],
])('refuses %o', (stored, mistake) => {
  expect(mistakesOf(stored).join('\n')).toContain(mistake)
})

it('refuses events, which would wait in the documents', () => {
  for (const events of [true, { keep: '7d' }]) {
    expect(mistakesOf({}, { events })).toEqual([expect.stringContaining('events are kept in the documents')])
  }
})

it('refuses deletions that leave something in the collection', () => {
  expect(mistakesOf({}, { softDelete: { keep: '7d' } })).toEqual([
    expect.stringContaining('needs a tombstone'),
  ])
})
