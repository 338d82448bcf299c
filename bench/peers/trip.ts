/** A trip as every peer stores it. */
export interface StoredTrip extends TripInput {
  readonly _id: string
  readonly ownerId: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly version: number
}

export interface TripInput {
  readonly title: string
  readonly startsOn: string
  readonly endsOn: string
  readonly placeIds: readonly string[]
  readonly budgetCents?: number
  readonly notes?: string
}

export function newTrip(fields: TripInput, _id: string, ownerId: string): StoredTrip {
  const now = new Date()
  return { _id, ...fields, ownerId, createdAt: now, updatedAt: now, version: 1 }
}

export const shownTrip = ({ _id, version: _, ...trip }: StoredTrip) => ({ id: _id, ...trip })

const day = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' } as const

const properties = {
  title: { type: 'string', minLength: 1, maxLength: 200 },
  startsOn: day,
  endsOn: day,
  placeIds: { type: 'array', maxItems: 50, items: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } },
  budgetCents: { type: 'integer', minimum: 0, maximum: 1_000_000_000 },
  notes: { type: 'string', maxLength: 4_000 },
} as const

/** JSON Schemas of the sample resource, like those of {@link ./place.ts}. */
export const tripSchemas = {
  create: {
    type: 'object',
    additionalProperties: false,
    required: ['title', 'startsOn', 'endsOn', 'placeIds'],
    properties,
  },
  shown: {
    type: 'object',
    properties: {
      id: { type: 'string' },
      ...properties,
      ownerId: { type: 'string' },
      createdAt: { type: 'string', format: 'date-time' },
      updatedAt: { type: 'string', format: 'date-time' },
    },
  },
} as const
