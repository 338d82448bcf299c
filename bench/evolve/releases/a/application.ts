import { anyone, asStored, defineApplication, resource, signedIn } from '@spillway/origin/contract'
import { Type } from 'typebox'
import { base, common, label } from '../fields.ts'

const schema = Type.Object({ ...base, label })

/** The release before any change. */
export const application = defineApplication({
  name: 'evolve',
  title: 'Shops',
  summary: 'Release A.',
  resources: [
    resource('shops', {
      ...common,
      schema,
      access: { read: anyone, write: signedIn },
      query: { filter: ['country', 'label'], sort: ['rank'], pageSize: { default: 20, max: 100 } },
      indexes: [{ fields: { country: 1, rank: 1 } }, { fields: { label: 1 } }, { fields: { rank: 1 } }],
      versions: [asStored('v1', schema)],
    }),
  ],
})
