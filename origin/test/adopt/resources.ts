import {
  anyone,
  asStored,
  decimal,
  defineApplication,
  geoPoint,
  int64,
  objectId,
  owner,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'

/**
 * Resources over collections that another application has made. Three have the shapes of MongoDB's sample data sets
 * (https://www.mongodb.com/docs/atlas/sample-data/): names and types of fields as documented there.
 */

const listing = Type.Object({
  name: Type.String({ maxLength: 200 }),
  roomType: Type.Optional(Type.String()),
  accommodates: Type.Integer(),
  price: decimal(),
  lastScraped: Type.Optional(Type.String({ format: 'date-time' })),
  amenities: Type.Optional(Type.Array(Type.String())),
  hostName: Type.Optional(Type.String()),
  address: Type.Optional(
    Type.Object({ street: Type.Optional(Type.String()), countryCode: Type.String(), location: geoPoint() }),
  ),
  reviews: Type.Optional(
    Type.Array(Type.Object({ date: Type.String({ format: 'date-time' }), reviewerName: Type.String() })),
  ),
})

/** `sample_airbnb.listingsAndReviews`: text ids, names in snake_case, prices as decimals. */
export const listings = resource('listings', {
  description: 'Places to stay.',
  schema: listing,
  access: { read: anyone, write: signedIn },
  stored: {
    collection: 'listingsAndReviews',
    id: 'text',
    fields: {
      roomType: 'room_type',
      lastScraped: 'last_scraped',
      hostName: 'host.host_name',
      'address.countryCode': 'address.country_code',
      'reviews.reviewerName': 'reviews.reviewer_name',
    },
    types: { price: 'decimal', lastScraped: 'date', 'reviews.date': 'date' },
  },
  query: {
    filter: ['price', 'roomType', 'amenities', 'lastScraped', 'address.countryCode'],
    sort: ['price'],
    countMax: 100,
  },
  indexes: [
    { fields: { price: 1 } },
    { fields: { roomType: 1 } },
    { fields: { amenities: 1 } },
    { fields: { lastScraped: 1 } },
    { fields: { 'address.countryCode': 1 } },
    { fields: { 'address.location': '2dsphere' } },
  ],
  versions: [asStored('v1', listing)],
})

const movie = Type.Object({
  title: Type.String({ maxLength: 200 }),
  year: Type.Optional(Type.Integer()),
  released: Type.Optional(Type.String({ format: 'date' })),
  genres: Type.Optional(Type.Array(Type.String())),
  imdb: Type.Optional(
    Type.Object({ rating: Type.Optional(Type.Number()), votes: Type.Optional(Type.Integer()) }),
  ),
  plot: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  awards: Type.Optional(Type.Unknown()),
})

/** `sample_mflix.movies`: ObjectIds, days as dates, and fields of whose shape nobody is sure. */
export const movies = resource('movies', {
  description: 'Films.',
  schema: movie,
  access: { read: anyone, write: signedIn },
  stored: {
    collection: 'movies',
    id: 'objectId',
    fields: { updatedAt: 'lastupdated' },
    types: { released: 'date', updatedAt: 'date' },
  },
  query: { filter: ['year', 'released', 'genres', 'title'], sort: ['title'], countMax: 100 },
  indexes: [
    { fields: { title: 1 }, unique: true },
    { fields: { year: 1 } },
    { fields: { released: 1 } },
    { fields: { genres: 1 } },
  ],
  versions: [asStored('v1', movie)],
})

const comment = Type.Object({
  movieId: objectId(),
  name: Type.String(),
  text: Type.String(),
  date: Type.String({ format: 'date-time' }),
})

/** `sample_mflix.comments`: each refers to a film by its ObjectId. */
export const comments = resource('comments', {
  description: 'What was said of films.',
  schema: comment,
  access: { read: anyone, write: signedIn },
  stored: {
    collection: 'comments',
    id: 'objectId',
    fields: { movieId: 'movie_id' },
    types: { movieId: 'objectId', date: 'date' },
  },
  references: { movieId: 'movies' },
  query: { filter: ['movieId', 'date'], sort: ['date'] },
  indexes: [{ fields: { movieId: 1 } }, { fields: { date: -1 } }],
  versions: [asStored('v1', comment)],
})

const account = Type.Object({
  ownerId: Type.String({ maxLength: 100 }),
  balance: int64(),
  creditLimit: Type.Integer(),
  clientId: Type.Optional(Type.String({ format: 'uuid' })),
})

/** Binary UUIDs, 64-bit integers, times of its own, and an owner. */
export const accounts = resource('accounts', {
  description: 'Accounts, each shown to its owner.',
  schema: account,
  access: { read: owner('ownerId'), write: owner('ownerId') },
  requireIfMatch: true,
  stored: {
    collection: 'Accounts.v1',
    id: 'uuid',
    fields: {
      ownerId: 'owner_id',
      clientId: 'client',
      creditLimit: 'limit',
      createdAt: 'created',
      updatedAt: 'meta.updated',
    },
    types: { balance: 'long', creditLimit: 'long', clientId: 'uuid', createdAt: 'date', updatedAt: 'date' },
  },
  query: { filter: ['balance', 'clientId'] },
  indexes: [{ fields: { ownerId: 1, balance: 1 } }, { fields: { ownerId: 1, clientId: 1 } }],
  versions: [asStored('v1', account, { readOnly: ['ownerId'] })],
})

const machine = Type.Object({ label: Type.String(), load: Type.Optional(Type.Number()) })

/** Ids that are integers, which the other application counts up. */
export const machines = resource('machines', {
  description: 'Machines by their number.',
  schema: machine,
  access: { read: anyone, create: { kind: 'never' }, update: signedIn, delete: signedIn },
  stored: { collection: 'machines', id: 'integer' },
  versions: [asStored('v1', machine)],
})

export const application = defineApplication({
  name: 'adopted',
  title: 'Adopted',
  summary: 'Resources over collections of another application.',
  resources: [listings, movies, comments, accounts, machines],
})
