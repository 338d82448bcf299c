import { Binary, Decimal128, type Document, Double, Int32, Long, ObjectId } from 'mongodb'

/** Documents as the other application stores them, with everything that the resources do not describe. */

export const uuidOf = (text: string): Binary => new Binary(Buffer.from(text.replaceAll('-', ''), 'hex'), 4)

const at = (text: string): Date => new Date(text)

export const movieIds = [
  '573a1390f29313caabcd4135',
  '573a1390f29313caabcd42e8',
  '573a1390f29313caabcd446f',
] as const
export const accountIds = [
  '0b8f4c1e-9f2a-4c37-8d11-5a3f0e9b7c21',
  'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
] as const

export const documents: Readonly<Record<string, readonly Document[]>> = {
  listingsAndReviews: [
    {
      _id: '10006546',
      listing_url: 'https://example.com/rooms/10006546',
      name: 'Riverside duplex',
      room_type: 'Entire home/apt',
      accommodates: new Int32(8),
      bathrooms: Decimal128.fromString('1.0'),
      price: Decimal128.fromString('80.00'),
      last_scraped: at('2019-02-16T05:00:00.000Z'),
      amenities: ['TV', 'Wifi'],
      host: { host_id: '51399391', host_name: 'Ana', host_total_listings_count: new Int32(3) },
      address: {
        street: 'Porto, Porto, Portugal',
        suburb: '',
        country_code: 'PT',
        location: {
          type: 'Point',
          coordinates: [new Double(-8.61308), new Double(41.1413)],
          is_location_exact: false,
        },
      },
      reviews: [
        {
          _id: '58663741',
          date: at('2016-01-03T05:00:00.000Z'),
          reviewer_name: 'Cátia',
          comments: 'Near the river.',
        },
        {
          _id: '62413197',
          date: at('2016-02-14T05:00:00.000Z'),
          reviewer_name: 'Théo',
          comments: 'Very good.',
        },
      ],
    },
    {
      _id: 'guest:7/ä',
      name: 'Room with a view',
      room_type: null,
      accommodates: Long.fromNumber(2),
      price: Decimal128.fromString('1E+2'),
      amenities: [],
    },
    {
      _id: '10009999',
      name: 'Price unknown',
      accommodates: new Double(4),
      price: 'on request',
      amenities: ['Wifi', new Int32(7)],
    },
    {
      _id: new ObjectId('5ca4bbcea2dd94ee58162a68'),
      name: 'Its id is of another type',
      accommodates: 1,
      price: 1,
    },
  ],
  movies: [
    {
      _id: new ObjectId(movieIds[0]),
      title: 'Blacksmith Scene',
      year: new Int32(1893),
      released: at('1893-05-09T00:00:00.000Z'),
      genres: ['Short'],
      imdb: { rating: new Double(6), votes: new Int32(1189), id: new Int32(5) },
      awards: { wins: new Int32(1), nominations: new Int32(0), since: at('1995-01-01T00:00:00.000Z') },
      lastupdated: at('2015-08-26T00:03:50.133Z'),
      tomatoes: { viewer: { rating: new Double(3), numReviews: new Int32(184) } },
      plot: null,
    },
    {
      _id: new ObjectId(movieIds[1]),
      title: 'The Great Train Robbery',
      year: '1903è',
      released: at('1903-12-01T13:30:00.000Z'),
      genres: ['Short', 'Western'],
      imdb: { rating: '', votes: new Int32(9847), id: new Int32(439) },
      lastupdated: '2015-08-13 00:27:59.177000000',
    },
    {
      _id: new ObjectId(movieIds[2]),
      title: 'Traffic in Souls',
      year: new Int32(1913),
      genres: ['Crime', 'Drama'],
    },
  ],
  comments: [
    {
      _id: new ObjectId('5a9427648b0beebeb69579cc'),
      name: 'Andrea Le',
      email: 'andrea_le@example.com',
      movie_id: new ObjectId(movieIds[0]),
      text: 'Rem officiis.',
      date: at('2012-03-26T23:20:16.000Z'),
    },
    {
      _id: new ObjectId('5a9427648b0beebeb69579cf'),
      name: 'Greg Powell',
      email: 'greg_powell@example.com',
      movie_id: new ObjectId(movieIds[1]),
      text: 'Tenetur.',
      date: at('1987-02-10T00:29:36.000Z'),
    },
  ],
  'Accounts.v1': [
    {
      _id: uuidOf(accountIds[0]),
      owner_id: 'alice',
      balance: Long.fromString('9007199254740993'),
      limit: Long.fromNumber(5000),
      client: uuidOf(accountIds[1]),
      created: at('2020-01-02T03:04:05.006Z'),
      meta: { updated: at('2021-01-02T03:04:05.006Z'), by: 'batch' },
    },
    {
      _id: uuidOf(accountIds[1]),
      owner_id: 'bob',
      balance: Long.fromNumber(-3),
      limit: new Int32(0),
      created: at('2020-01-02T03:04:05.006Z'),
      meta: { updated: at('2020-01-02T03:04:05.006Z') },
    },
  ],
  machines: [
    { _id: new Int32(7), label: 'press', load: new Double(1), serial: 'x-1' },
    { _id: Long.fromString('4294967296'), label: 'lathe', load: new Int32(2) },
    { _id: new Double(-12), label: 'saw' },
  ],
}

/** `sample_restaurants.restaurants`. */
export const restaurants: readonly Document[] = [
  {
    _id: new ObjectId('5eb3d668b31de5d588f4292a'),
    address: {
      building: '2780',
      coord: [new Double(-73.98241999999999), new Double(40.579505)],
      street: 'Stillwell Avenue',
      zipcode: '11224',
    },
    borough: 'Brooklyn',
    cuisine: 'American',
    grades: [
      { date: at('2014-06-10T00:00:00.000Z'), grade: 'A', score: new Int32(5) },
      { date: at('2013-06-05T00:00:00.000Z'), grade: 'A', score: new Int32(7) },
    ],
    name: 'Riviera',
    restaurant_id: '40356018',
  },
  {
    _id: new ObjectId('5eb3d668b31de5d588f4292b'),
    address: {
      building: '97-22',
      coord: [new Double(-73.8), new Int32(40)],
      street: '63 Road',
      zipcode: '11374',
    },
    borough: 'Queens',
    cuisine: 'Jewish/Kosher',
    grades: [{ date: at('2014-11-24T00:00:00.000Z'), grade: 'Z', score: null }],
    name: 'Tov Kosher',
    restaurant_id: '40356068',
  },
]
