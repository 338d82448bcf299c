import { asStored, resource, scope, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'

const stored = Type.Object({
  code: Type.String({
    pattern: '^[A-Z]{2}-\\d{4}-\\d{1,4}$',
    description: 'Country, year and number.',
    examples: ['FR-2026-7'],
  }),
  countryCode: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.', examples: ['FR'] }),
  level: Type.Enum(['information', 'caution', 'danger']),
  title: Type.String({ minLength: 1, maxLength: 200, examples: ['Rail timetable changes'] }),
  text: Type.Optional(
    Type.String({ maxLength: 10_000, examples: ['Ask at the station before you travel.'] }),
  ),
  validUntil: Type.String({ format: 'date-time' }),
})

/** Travel advisories: written by editors with the scope, read by every signed-in caller. */
export const advisories = resource('advisories', {
  description: 'Travel advisories by country.',
  schema: stored,
  access: { read: signedIn, write: scope('advisories:write') },
  cache: { maxAge: '1m', staleWhileRevalidate: '5m', staleIfError: '6h', listsBy: ['countryCode'] },
  query: {
    filter: ['code', 'countryCode', 'level', 'validUntil'],
    sort: ['validUntil'],
    defaultSort: '-validUntil',
  },
  indexes: [
    { fields: { code: 1 }, unique: true },
    { fields: { countryCode: 1, validUntil: -1 } },
    { fields: { level: 1, validUntil: -1 } },
    { fields: { validUntil: -1 } },
  ],
  priority: 'normal',
  versions: [asStored('v1', stored), asStored('v2', stored)],
})
