/** The answer of every Worker that computes none: a place of the sample data. */
export const place = JSON.stringify({
  id: '2988507',
  createdAt: '2026-11-24T00:00:00.000Z',
  updatedAt: '2026-11-24T00:00:00.000Z',
  name: 'Paris',
  countryCode: 'FR',
  region: '11',
  kind: 'capital',
  population: 2138551,
  location: { latitude: 48.85341, longitude: 2.3488 },
})
