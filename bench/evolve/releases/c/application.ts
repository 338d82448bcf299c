import {
  anyone,
  defineApplication,
  migrate,
  representation,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { base, common, label, zone, zoneOf } from '../fields.ts'

const stored = Type.Object({ ...base, label, title: label, zone })
const withoutZone = Type.Object({ ...base, label })
const withLabel = Type.Object({ ...base, label, zone })
const withTitle = Type.Object({ ...base, title: label, zone })

/** Renames `label` to `title`: both are stored while release B may run, and each write keeps them equal. */
export const application = defineApplication({
  name: 'evolve',
  title: 'Shops',
  summary: 'Release C.',
  resources: [
    resource('shops', {
      ...common,
      schema: stored,
      access: { read: anyone, write: signedIn },
      query: {
        filter: ['country', 'label', 'title', 'zone'],
        sort: ['rank'],
        pageSize: { default: 20, max: 100 },
      },
      indexes: [
        { fields: { country: 1, rank: 1 } },
        { fields: { label: 1 } },
        { fields: { title: 1 } },
        { fields: { rank: 1 } },
        { fields: { zone: 1 } },
      ],
      migrations: [
        migrate({ to: 2, changes: ['zone'], up: ({ country, zone = zoneOf(country) }) => ({ zone }) }),
        // Release B writes the label alone, so a title that is there may be an old one.
        migrate({ to: 3, changes: ['title'], up: ({ label }) => ({ title: label }) }),
      ],
      versions: [
        representation('v1', {
          stored,
          schema: withoutZone,
          fromStored: ({ name, country, rank, label }) => ({ name, country, rank, label }),
          toStored: (input, current) => ({
            ...input,
            title: input.label,
            zone: current?.zone ?? zoneOf(input.country),
          }),
          paths: {},
        }),
        representation('v2', {
          stored,
          schema: withLabel,
          fromStored: ({ title: _, ...shown }) => shown,
          toStored: (input) => ({ ...input, title: input.label }),
          paths: {},
        }),
        representation('v3', {
          stored,
          schema: withTitle,
          fromStored: ({ label: _, ...shown }) => shown,
          toStored: (input) => ({ ...input, label: input.title }),
          paths: {},
        }),
      ],
    }),
  ],
})
