import {
  anyone,
  asStored,
  defineApplication,
  type HistoryOptions,
  resource,
  signedIn,
} from '@spillway/origin/contract'
import { Type } from 'typebox'

const place = Type.Object({
  name: Type.String({ maxLength: 200 }),
  countryCode: Type.String({ maxLength: 2 }),
  region: Type.Optional(Type.String({ maxLength: 20 })),
  kind: Type.String({ maxLength: 20 }),
  population: Type.Integer(),
  location: Type.Object({ latitude: Type.Number(), longitude: Type.Number() }),
})

/** The places of the benches, whose writes are recorded in different ways or not. */
export const application = (recorded: { readonly events?: true; readonly history?: HistoryOptions }) =>
  defineApplication({
    name: 'outbox',
    title: 'Outbox',
    summary: 'Places.',
    resources: [
      resource('places', {
        description: 'Places.',
        schema: place,
        access: { read: anyone, write: signedIn },
        query: { filter: ['countryCode', 'name'], sort: ['population'] },
        indexes: [
          { fields: { countryCode: 1, population: -1 } },
          { fields: { name: 1 } },
          { fields: { population: -1 } },
        ],
        ...recorded,
        versions: [asStored('v2', place)],
      }),
    ],
  })
