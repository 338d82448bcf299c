/** Valid bodies, one for each version of each resource of the fixture. */
export const placeV1 = {
  name: 'Testville',
  country: 'FR',
  region: '11',
  population: 20_000,
  capital: false,
  lat: 48.5,
  lng: 2.25,
}

export const placeV2 = {
  name: 'Testville',
  countryCode: 'FR',
  region: '11',
  kind: 'city',
  population: 20_000,
  location: { latitude: 48.5, longitude: 2.25 },
}

export const trip = {
  title: 'Paris',
  startsOn: '2027-05-01',
  endsOn: '2027-05-04',
  placeIds: ['2988507'],
}

let count = 0

/** Codes are unique. */
export function advisory(changes: Record<string, unknown> = {}): Record<string, unknown> {
  count += 1
  return {
    code: `FR-2026-${count}`,
    countryCode: 'FR',
    level: 'information',
    title: 'Rail timetable changes',
    validUntil: '2027-01-01T00:00:00.000Z',
    ...changes,
  }
}
