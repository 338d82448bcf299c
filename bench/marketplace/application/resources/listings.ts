import { any, asStored, geoPoint, owner, resource, role, where } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { cents, personId } from '../fields.ts'

const stored = Type.Object({
  hostId: personId('The person who lets it.'),
  title: Type.String({ minLength: 1, maxLength: 120 }),
  description: Type.String({ maxLength: 5_000 }),
  city: Type.String({ minLength: 1, maxLength: 80 }),
  location: geoPoint(),
  priceCents: cents('Price of a night.'),
  guestsMax: Type.Integer({ minimum: 1, maximum: 50 }),
  status: Type.Enum(['draft', 'published']),
  isBlocked: Type.Optional(Type.Boolean({ description: 'Whether an admin has taken it down.' })),
  ratingCount: Type.Integer({ minimum: 0, description: 'Number of reviews.' }),
  ratingSum: Type.Integer({ minimum: 0, description: 'Stars of all reviews together.' }),
  rating: Type.Number({
    minimum: 0,
    maximum: 5,
    description: 'Mean of the stars; 0 before the first review.',
  }),
})

const hostOrAdmin = any(owner('hostId'), role('admin'))

export const listings = resource('listings', {
  description: 'Places to stay.',
  schema: stored,
  access: {
    read: any(where({ status: 'published' }), hostOrAdmin),
    create: owner('hostId'),
    update: hostOrAdmin,
    // The one who deletes a listing may restore it. So an admin blocks one instead, and its host cannot undo that.
    delete: owner('hostId'),
    fields: { isBlocked: { write: role('admin') } },
  },
  softDelete: { keep: '30d', restore: hostOrAdmin },
  history: {
    keep: '730d',
    read: hostOrAdmin,
    values: true,
    // Reviews change them, and keep who did.
    except: ['ratingCount', 'ratingSum', 'rating'],
  },
  cache: { maxAge: '30s', staleWhileRevalidate: '5m', staleIfError: '1d', listsBy: ['hostId', 'status'] },
  query: {
    filter: ['status', 'hostId', 'city', 'priceCents', 'guestsMax'],
    sort: ['priceCents', 'rating'],
    defaultSort: '-rating',
    countMax: 1_000,
  },
  indexes: [
    { fields: { status: 1, rating: -1 } },
    { fields: { hostId: 1 } },
    { fields: { city: 1, priceCents: 1 } },
    { fields: { priceCents: 1 } },
    { fields: { guestsMax: 1 } },
    { fields: { rating: -1 } },
    { fields: { location: '2dsphere' } },
    { fields: { title: 'text', description: 'text' } },
  ],
  set: {
    ratingCount: ({ ratingCount }) => ratingCount ?? 0,
    ratingSum: ({ ratingSum }) => ratingSum ?? 0,
    rating: ({ ratingCount = 0, ratingSum = 0 }) =>
      ratingCount === 0 ? 0 : Math.round((100 * ratingSum) / ratingCount) / 100,
  },
  problems: { blocked: 'A listing that an admin has blocked cannot be published.' },
  check: ({ status, isBlocked }, { refuse }) =>
    isBlocked && status === 'published' ? refuse('blocked') : undefined,
  versions: [asStored('v1', stored, { readOnly: ['hostId', 'ratingCount', 'ratingSum', 'rating'] })],
})
