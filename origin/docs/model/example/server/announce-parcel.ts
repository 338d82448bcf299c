import { on } from '@spillway/origin/server'
import { parcels } from '../parcels.ts'

export const announceParcel = on(
  parcels,
  { name: 'announce-parcel', types: ['created'] },
  async (event, { store, key, signal }) => {
    const parcel = await store.get(parcels, event.documentId)
    if (parcel === undefined) return
    const answer = await fetch(process.env.CARRIER_URL ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ parcel: parcel.id, street: parcel.street }),
      signal,
    })
    if (!answer.ok) throw new Error(`the carrier answers ${answer.status}`)
    await store.update(parcels, parcel.id, { status: 'announced' })
  },
)
