import { Type } from 'typebox'

/** Fields of a shop in every release. */
export const base = {
  name: Type.String({ maxLength: 80 }),
  country: Type.String({ maxLength: 4 }),
  rank: Type.Integer(),
}
export const label = Type.String({ maxLength: 40 })
export const zone = Type.String({ maxLength: 40 })

/** Zone of a shop whose creator named none. */
export const zoneOf = (country: unknown): string => `zone-${country}`

export const common = {
  description: 'Shops.',
  priority: 'normal',
} as const
