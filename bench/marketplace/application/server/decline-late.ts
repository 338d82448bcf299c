import { schedule } from '@spillway/origin/server'
import { bookings } from '../resources/bookings.ts'

/** Declines every night what no host has answered until the day of arrival. */
export const declineLate = schedule('0 3 * * *', 'decline-late', async ({ due, transact, signal }) => {
  for (let left = 1; left > 0 && !signal.aborted; ) {
    left = await transact(async (store) => {
      const filter = { status: 'requested', startsOn: { lte: due.slice(0, 10) } } as const
      const late = await store.list(bookings, { filter, limit: 50 })
      for (const { id } of late) await store.update(bookings, id, { status: 'declined' })
      return late.length
    })
  }
})
