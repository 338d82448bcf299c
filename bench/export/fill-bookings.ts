import { MongoClient } from 'mongodb'

const batchRows = 5_000
const days = 1_000
const dayMs = 86_400_000
const statuses = ['requested', 'accepted', 'declined', 'paid', 'cancelled', 'completed']

/** Stores bookings of the marketplace as its origin would. The origin runs already, so that its indexes exist. */
export async function fillBookings(uri: string, database: string, rows: number): Promise<void> {
  const client = new MongoClient(uri)
  try {
    const collection = client.db(database).collection<{ _id: string }>('bookings')
    for (let from = 0; from < rows; from += batchRows) {
      const length = Math.min(batchRows, rows - from)
      const batch = Array.from({ length }, (_, index) => bookingRecord(from + index))
      await collection.insertMany(batch, { ordered: false })
    }
  } finally {
    await client.close()
  }
}

/** The booking with this number, from which every field follows: all runs export the same text. */
function bookingRecord(nth: number) {
  const created = new Date(Date.UTC(2026, 0, 1) + nth * 1_000).toISOString()
  const nights = 1 + (nth % 14)
  const startsMs = Date.UTC(2025, 0, 1) + ((nth * 7_919) % days) * dayMs
  return {
    _id: `00000000-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`,
    _v: 1,
    _created: created,
    _updated: created,
    _w: [`w${nth}`],
    listingId: `listing-${nth % 20_011}`,
    guestId: `guest-${nth % 100_003}`,
    hostId: `host-${nth % 10_007}`,
    startsOn: dayOf(startsMs),
    endsOn: dayOf(startsMs + nights * dayMs),
    guests: 1 + (nth % 6),
    nights,
    totalCents: nights * (5_000 + (nth % 40_000)),
    status: statuses[nth % statuses.length],
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
