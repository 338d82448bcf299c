import { anyone, asStored, migrate, resource, scope } from '@spillway/origin/contract'
import { Type } from 'typebox'

const Shop = Type.Object({
  name: Type.String({ maxLength: 80 }),
  country: Type.String({ pattern: '^[A-Z]{2}$' }),
  currency: Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 }),
})

const currencies: Readonly<Record<string, string>> = { CH: 'CHF', GB: 'GBP' }

export const shops = resource('shops', {
  description: 'Shops.',
  schema: Shop,
  access: { read: anyone, write: scope('shops:write') },
  query: { filter: ['country', 'currency'], sort: ['currency'] },
  indexes: [{ fields: { country: 1 } }, { fields: { currency: 1 } }],
  migrations: [
    migrate({
      to: 2,
      changes: ['currency'],
      up: ({ country, currency = currencies[String(country)] ?? 'EUR' }) => ({ currency }),
    }),
  ],
  versions: [asStored('v1', Shop)],
})
