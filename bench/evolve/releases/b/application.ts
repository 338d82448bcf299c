import {
  anyone,
  asStored,
  defineApplication,
  migrate,
  representation,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { base, common, label, zone, zoneOf } from '../fields.ts'

const stored = Type.Object({ ...base, label, zone })
const withoutZone = Type.Object({ ...base, label })

/** Adds a required field that lists are filtered by. Version 1 goes on without it. */
export const application = defineApplication({
  name: 'evolve',
  title: 'Shops',
  summary: 'Release B.',
  resources: [
    resource('shops', {
      ...common,
      schema: stored,
      access: { read: anyone, write: signedIn },
      query: { filter: ['country', 'label', 'zone'], sort: ['rank'], pageSize: { default: 20, max: 100 } },
      indexes: [
        { fields: { country: 1, rank: 1 } },
        { fields: { label: 1 } },
        { fields: { rank: 1 } },
        { fields: { zone: 1 } },
      ],
      migrations: [
        migrate({ to: 2, changes: ['zone'], up: ({ country, zone = zoneOf(country) }) => ({ zone }) }),
      ],
      versions: [
        representation('v1', {
          stored,
          schema: withoutZone,
          fromStored: ({ name, country, rank, label }) => ({ name, country, rank, label }),
          toStored: (input, current) => ({ ...input, zone: current?.zone ?? zoneOf(input.country) }),
          paths: {},
        }),
        asStored('v2', stored),
      ],
    }),
  ],
})
