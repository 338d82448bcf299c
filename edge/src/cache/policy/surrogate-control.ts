import { listMembers, withoutBlanks } from './blanks.ts'
import { type Directives, parseDirectives } from './directives.ts'

/** The field has four directives; a value with more parts than this is ignored. */
const partsMax = 256

/**
 * `Surrogate-Control` (W3C Edge Architecture Specification 1.0 §2.2), the predecessor of RFC 9213 that many origins
 * still send: `max-age=60+30;device, no-store`. A directive for another device is ignored; `max-age=60+30` means fresh
 * for 60 seconds and usable stale for 30 more.
 *
 * @param device our name, as announced in `Surrogate-Capability`
 * @returns `undefined` when no directive applies here
 */
export function parseSurrogateControl(value: string, device: string): Directives | undefined {
  const forUs: string[] = []
  const forAll: string[] = []
  const parts = listMembers(value)
  if (parts.length > partsMax) return undefined
  for (const part of parts) {
    const semicolon = part.indexOf(';')
    if (semicolon < 0) forAll.push(part)
    else if (targetOf(part, semicolon) === device) forUs.push(part.slice(0, semicolon))
  }
  // The first of a repeated directive counts, so our own directives precede the general ones.
  const found = new Map(parseDirectives([...forUs, ...forAll].join()))
  const maxAge = found.get('max-age')
  const extended = typeof maxAge === 'string' ? /^(\d+)\+(\d+)$/.exec(maxAge) : null
  if (extended !== null) {
    found.set('max-age', extended[1] ?? '').set('stale-while-revalidate', extended[2] ?? '')
  }
  // `content="ESI/1.0"` and unknown directives say nothing about storing.
  return found.has('max-age') || found.has('no-store') ? found : undefined
}

function targetOf(part: string, semicolon: number): string {
  const next = part.indexOf(';', semicolon + 1)
  return withoutBlanks(part.slice(semicolon + 1, next < 0 ? part.length : next))
}

/** `Surrogate-Capability` for requests to the origin (§2.1). */
export const surrogateCapability = (device: string): string => `${device}="Surrogate/1.0"`
