import { schedule } from '@spillway/origin/server'
import { parcels } from '../parcels.ts'

const monthMs = 30 * 86_400_000

export const lapseParcels = schedule('0 3 * * *', 'lapse-parcels', async ({ due, transact, signal }) => {
  const before = new Date(Date.parse(due) - monthMs).toISOString().slice(0, 10)
  for (let left = 1; left > 0 && !signal.aborted; ) {
    left = await transact(async (store) => {
      const filter = { status: 'new', placedOn: { lt: before } } as const
      const found = await store.list(parcels, { filter, limit: 50 })
      for (const { id } of found) await store.update(parcels, id, { status: 'lapsed' })
      return found.length
    })
  }
})
