/** A city that can be created as it is. */
export const city = {
  name: 'Lisbon',
  countryCode: 'PT',
  kind: 'capital',
  population: 567_131,
  location: { latitude: 38.72, longitude: -9.13 },
}
