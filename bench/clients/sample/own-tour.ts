import assert from 'node:assert/strict'
import type { application } from '@spillway/origin/application'
import { ApiProblem, connect } from '@spillway/origin/client'

/** The tour with the typed client: pages, read, create, conditional update, conflict, delete, denied, action. */
export async function ownTour(url: string, token: string): Promise<void> {
  const { v2 } = connect<typeof application>({ url, token })
  const french = v2.places.list({ filter: { countryCode: 'FR' }, sort: ['-population'], limit: 3 })
  const seen: number[] = []
  for await (const { population } of french) if (seen.push(population) === 7) break
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => b - a),
  )
  const page = await french.page()
  const [first] = page.items
  assert.ok(first !== undefined && page.items.length === 3)
  const { document } = await v2.places.read(first.id)
  const name: string = document.name
  assert.equal(name, first.name)

  const made = await v2.trips.create({
    title: 'A week in Lyon',
    startsOn: '2027-05-01',
    endsOn: '2027-05-08',
    placeIds: [first.id],
  })
  const changed = await v2.trips.patch(made, { notes: 'bring an umbrella' })
  assert.equal(changed.document.notes, 'bring an umbrella')
  await assert.rejects(
    v2.trips.patch(made, { notes: 'none' }),
    (error) => error instanceof ApiProblem && error.code === 'precondition-failed',
  )
  await v2.trips.delete(changed)

  await assert.rejects(
    v2.advisories.create({
      code: 'FR-2027-1',
      countryCode: 'FR',
      level: 'caution',
      title: 'Rail timetable changes',
      validUntil: '2027-06-01T00:00:00Z',
    }),
    (error) => error instanceof ApiProblem && error.status === 403 && error.code === 'insufficient-scope',
  )

  const adjusted = await v2.places.action('adjust-population', first.id, { by: 1 })
  assert.equal(adjusted?.document.population, first.population + 1)
}
