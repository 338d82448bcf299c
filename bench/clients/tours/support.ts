/** The environment that `bench/clients/main.ts` gives, and what each tour asserts. */
declare const process: { readonly env: Readonly<Record<string, string | undefined>> }

export const url = process.env.SPILLWAY_URL ?? ''
export const token = process.env.SPILLWAY_TOKEN ?? ''

export const trip = {
  title: 'A week in Lyon',
  startsOn: '2027-05-01',
  endsOn: '2027-05-08',
  placeIds: ['2996944'],
}

/** The token has no scope to create one. */
export const advisory = {
  code: 'FR-2027-1',
  countryCode: 'FR',
  level: 'caution' as const,
  title: 'Rail timetable changes',
  validUntil: '2027-06-01T00:00:00Z',
}

export function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${String(expected)}, not ${String(actual)}`)
}

export function known<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('expected a value')
  return value
}

export const isTrue = (value: boolean): void => equal(value, true)

/** Compiles only for `true`, and only if the two types are the same, optional and read-only members included. */
export const isSame = <A, B>(value: Same<A, B>): void => equal(value, true)
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** A place as the sample application defines it. */
export interface ExpectedPlace {
  readonly id: string
  readonly createdAt: string
  readonly updatedAt: string
  name: string
  countryCode: string
  region?: string
  kind: 'capital' | 'regional-capital' | 'city' | 'district'
  population: number
  location: { latitude: number; longitude: number }
}
