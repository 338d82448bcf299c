import {
  findView,
  type ListQuery,
  owner,
  parseListQuery,
  type Residual,
  type Resource,
  residualOf,
} from '@spillway/origin/contract'
import type { Call } from '../../src/store/repository.ts'
import { resources } from '../fixture/application.ts'

export const advisories = resources.get('advisories') as Resource
export const places = resources.get('places') as Resource
export const trips = resources.get('trips') as Resource

export const inTime = (timeoutMs = 20_000): Call => ({ deadline: performance.now() + timeoutMs })

export const advisory = (code: string, title = 'Ice on the roads') => ({
  code,
  countryCode: 'FR',
  level: 'danger',
  title,
  validUntil: '2026-12-24T12:00:00.000Z',
})

export const trip = (ownerId: string, title: string, startsOn = '2026-12-01') => ({
  ownerId,
  title,
  startsOn,
  endsOn: '2026-12-31',
  placeIds: [],
})

export const place = (name: string, population: number, countryCode = 'FR') => ({
  name,
  countryCode,
  kind: 'city',
  population,
  latitude: 1.5,
  longitude: 2.5,
})

export function listQuery(resource: Resource, search: string): ListQuery {
  const view = findView(resources, 'v2', resource.name)
  if (view === undefined) throw new TypeError('no such view')
  const parsed = parseListQuery(view, search)
  if (!parsed.ok) throw new TypeError(parsed.problem.detail)
  return parsed.value
}

/** Residual that limits a list to one owner's trips. */
export const ownedBy = (subject: string): Residual => residualOf(owner('ownerId'), { subject, scopes: [] })
